import { z } from 'zod';

/** What is read of the answers of Vast.ai; everything else in them is passed over. Numbers come as text, too. */
const number = z.union([z.number(), z.string().trim().min(1).transform(Number)]).pipe(z.number());
const id = number.pipe(z.int().min(0));
const maybe = number.nullish().catch(null);
/** Dollars per hour, or per GB and month. An offer with a price that is none is not read: it would come first. */
const price = number.pipe(z.number().min(0).max(1e9));
const word = z.string().nullish().catch(null);
const flag = z.boolean().nullish().catch(null);

export const OfferWire = z.object({
  id,
  ask_contract_id: id.nullish().catch(null),
  machine_id: id,
  host_id: id,
  gpu_name: z.string().min(1),
  num_gpus: number.pipe(z.int().min(0)),
  gpu_ram: number.pipe(z.number().min(0)),
  cpu_cores_effective: maybe,
  cpu_ram: maybe,
  disk_space: number.pipe(z.number().min(0)),
  dph_total: price,
  storage_cost: price.nullish(),
  storage_total_cost: price.nullish(),
  min_bid: price.nullish(),
  is_bid: flag,
  geolocation: word,
  reliability: maybe,
  reliability2: maybe,
  inet_down: maybe,
  cuda_max_good: maybe,
  direct_port_count: maybe,
  verification: word,
  hosting_type: maybe,
  end_date: maybe,
});
export type OfferWire = z.output<typeof OfferWire>;

/** A single offer may come as an object. */
export const OffersWire = z.object({
  offers: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown()).transform((one) => [one as unknown])]),
});

export const ContractWire = z.object({ new_contract: id });

const Binding = z.object({ HostPort: z.union([z.string(), z.number()]) });

/** All that an instance of ours must show; the rest is what it may. */
export const InstanceWire = z.object({
  id,
  label: z.string(),
  machine_id: id,
  host_id: id,
  geolocation: word,
  actual_status: z.string().nullish(),
  intended_status: z.string().nullish(),
  cur_state: z.string().nullish(),
  status_msg: word,
  public_ipaddr: word,
  ports: z.record(z.string(), z.array(Binding).nullish().catch(null)).nullish().catch(null),
  extra_env: z
    .array(
      z
        .tuple([z.string(), z.union([z.string(), z.number()])])
        .nullish()
        .catch(null),
    )
    .nullish()
    .catch(null),
  end_date: maybe,
  // What costs less than nothing would let the cap pass more.
  dph_total: price.nullish().catch(null),
});
export type InstanceWire = z.output<typeof InstanceWire>;

/** Of every row of a list, also those of others. */
export const RowWire = z.object({ id, label: word });

export const PageWire = z.object({
  success: z.boolean().optional(),
  instances: z.array(z.unknown()),
  instances_found: id,
  total_instances: id,
  label_counts: z.record(z.string(), number).nullish().catch(null),
  next_token: z.string().nullish(),
});

/** `instances` is one, in spite of its name; null once it is gone. */
export const ShowWire = z.object({ instances: z.unknown() });

export const LogWire = z.object({ result_url: z.string().nullish() });

const Template = z.object({
  id,
  hash_id: z.string().min(1),
  image: z.string().min(1),
  tag: word,
});
export const TemplatesWire = z.object({ templates: z.array(z.unknown()).transform((rows) => rows.flatMap(readable)) });

const readable = (row: unknown): readonly z.output<typeof Template>[] => {
  const read = Template.safeParse(row);
  return read.success ? [read.data] : [];
};

export const UserWire = z.object({ credit: number });
