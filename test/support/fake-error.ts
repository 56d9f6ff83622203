import { Metadata, type StatusObject, type status } from '@grpc/grpc-js';
import { detailsProto } from '../../clients/typescript/src/proto.ts';

/** What a call is to fail with, and the google.rpc details that go with it. */
export type FakeError = {
  readonly code: status;
  readonly message: string;
  readonly reason?: string;
  readonly metadata?: Record<string, string>;
  readonly violations?: readonly { readonly field: string; readonly description: string }[];
  readonly quota?: { readonly subject: string; readonly description: string };
  readonly retryAfterMs?: number;
};

/** The status as berth sends it: code, text, and google.rpc details in the trailer. */
export function statusOf(e: FakeError): Partial<StatusObject> {
  const { rpc } = detailsProto().google;
  const pack = (type: string, value: Buffer) => ({ type_url: `type.googleapis.com/google.rpc.${type}`, value });
  const seconds = Math.floor((e.retryAfterMs ?? 0) / 1_000);
  const retryDelay = { seconds, nanos: ((e.retryAfterMs ?? 0) - seconds * 1_000) * 1e6 };
  const details = [
    ...(e.reason === undefined
      ? []
      : [
          pack('ErrorInfo', rpc.ErrorInfo.serialize({ reason: e.reason, domain: 'berth', metadata: e.metadata ?? {} })),
        ]),
    ...(e.violations ? [pack('BadRequest', rpc.BadRequest.serialize({ fieldViolations: [...e.violations] }))] : []),
    ...(e.quota ? [pack('QuotaFailure', rpc.QuotaFailure.serialize({ violations: [e.quota] }))] : []),
    ...(e.retryAfterMs === undefined ? [] : [pack('RetryInfo', rpc.RetryInfo.serialize({ retryDelay }))]),
  ];
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', rpc.Status.serialize({ code: e.code, message: e.message, details }));
  return { code: e.code, details: e.message, metadata };
}
