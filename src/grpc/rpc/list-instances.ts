import type { AdminUseCases } from '../../engine/use-cases.ts';
import { type Edge, unary } from '../call.ts';
import { done } from '../decode.ts';
import { encodeInstanceStatus } from '../encode-events.ts';
import type { ListInstancesRequest__Output as Request } from '../generated/berth/v1/ListInstancesRequest.ts';
import type { ListInstancesResponse as Response } from '../generated/berth/v1/ListInstancesResponse.ts';
import { CLASS_NAME, DEFAULT_PAGE_SIZE, PAGE_SIZE, PAGE_TOKEN } from '../rules.ts';
import { checkNumber, checkText, type Violations } from '../validate.ts';

export const listInstances = (edge: Edge, admin: AdminUseCases) =>
  unary<Request, Response>(edge, 'ListInstances', 'admin', async (request, caller) => {
    const bad: Violations = [];
    checkNumber(bad, 'page_size', request.pageSize, PAGE_SIZE);
    checkText(bad, 'page_token', request.pageToken, PAGE_TOKEN);
    if (request.class !== '') checkText(bad, 'class', request.class, CLASS_NAME);
    done(bad);
    const page = await admin.instances(caller, {
      pageSize: request.pageSize || DEFAULT_PAGE_SIZE,
      pageToken: request.pageToken,
      class: request.class || null,
    });
    return { instances: page.instances.map(encodeInstanceStatus), nextPageToken: page.nextPageToken };
  });
