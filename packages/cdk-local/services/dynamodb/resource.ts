import { z } from "zod";
import { boolean, ignored, resource, tags } from "../../template/resource.ts";
import type { KeyNames } from "./keys.ts";

const keySchema = z
	.tuple([
		z.strictObject({ AttributeName: z.string(), KeyType: z.literal("HASH") }),
		z.strictObject({ AttributeName: z.string(), KeyType: z.literal("RANGE") }),
	])
	.transform(
		([hash, range]): KeyNames => ({
			hash: hash.AttributeName,
			range: range.AttributeName,
		}),
	);

export const table = resource(
	{
		TableName: z.string().optional(),
		KeySchema: keySchema,
		// Number and binary keys have another order.
		AttributeDefinitions: z.array(
			z.strictObject({
				AttributeName: z.string(),
				AttributeType: z.literal("S"),
			}),
		),
		GlobalSecondaryIndexes: z
			.array(
				z.strictObject({
					IndexName: z.string(),
					KeySchema: keySchema,
					Projection: z.strictObject({ ProjectionType: z.literal("ALL") }),
				}),
			)
			.default([]),
		TimeToLiveSpecification: z.strictObject({ AttributeName: z.string(), Enabled: boolean }).optional(),
		BillingMode: z.literal("PAY_PER_REQUEST"),
		PointInTimeRecoverySpecification: ignored("the state folder is the backup"),
		SSESpecification: ignored("nothing is encrypted at rest here"),
		DeletionProtectionEnabled: ignored("deleting the state folder deletes every table"),
		Tags: tags,
	},
	(properties, { stores, physicalName }) => {
		const name = properties.TableName ?? physicalName(255);
		const timeToLive = properties.TimeToLiveSpecification;
		const { arn } = stores.tables.ensure(name, {
			key: properties.KeySchema,
			indexes: Object.fromEntries(properties.GlobalSecondaryIndexes.map((index) => [index.IndexName, index.KeySchema])),
			timeToLive: timeToLive?.Enabled ? timeToLive.AttributeName : null,
		});
		return { ref: name, attributes: { Arn: arn } };
	},
);
