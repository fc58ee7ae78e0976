import { z } from "zod";
import { boolean, ignored, number, resource, tags } from "../../template/resource.ts";

export const queue = resource(
	{
		QueueName: z.string().optional(),
		VisibilityTimeout: number.default(30),
		MessageRetentionPeriod: number.default(345_600),
		DelaySeconds: number.default(0),
		RedrivePolicy: z
			.strictObject({
				deadLetterTargetArn: z.string(),
				maxReceiveCount: number,
			})
			.optional(),
		SqsManagedSseEnabled: ignored("nothing is encrypted at rest here"),
		KmsMasterKeyId: ignored("nothing is encrypted at rest here"),
		KmsDataKeyReusePeriodSeconds: ignored("nothing is encrypted at rest here"),
		ReceiveMessageWaitTimeSeconds: ignored("pollers here wait for messages"),
		FifoQueue: boolean.pipe(z.literal(false)).optional(),
		Tags: tags,
	},
	(properties, { stores, physicalName }) => {
		const name = properties.QueueName ?? physicalName(80);
		const redrive = properties.RedrivePolicy;
		const { arn, url } = stores.queues.ensure(name, {
			visibilitySeconds: properties.VisibilityTimeout,
			retentionSeconds: properties.MessageRetentionPeriod,
			delaySeconds: properties.DelaySeconds,
			...(redrive && {
				redrive: {
					deadLetterArn: redrive.deadLetterTargetArn,
					maxReceives: redrive.maxReceiveCount,
				},
			}),
		});
		return {
			ref: url,
			attributes: { Arn: arn, QueueName: name, QueueUrl: url },
		};
	},
);

export const queuePolicy = resource(
	{ PolicyDocument: z.record(z.string(), z.unknown()), Queues: z.array(z.string()) },
	({ PolicyDocument, Queues }, { stores, stack, logicalId }) => {
		for (const url of Queues) {
			const arn = stores.queues.arn(url);
			stores.access.attachToResource(arn, `${stack}/${logicalId}`, PolicyDocument);
		}
		return { ref: logicalId };
	},
);
