import { z } from "zod";
import { resource } from "../../template/resource.ts";

const document = z.record(z.string(), z.unknown());

export const queuePolicy = resource(
	{ PolicyDocument: document, Queues: z.array(z.string()) },
	({ PolicyDocument, Queues }, { services, stack, logicalId }) => {
		for (const url of Queues) {
			const arn = services.queues.arn(url);
			services.access.attachToResource(arn, `${stack}/${logicalId}`, PolicyDocument);
		}
		return { ref: logicalId };
	},
);

export const bucketPolicy = resource(
	{ PolicyDocument: document, Bucket: z.string() },
	({ PolicyDocument, Bucket }, { services, stack, logicalId }) => {
		services.access.attachToResource(`arn:aws:s3:::${Bucket}`, `${stack}/${logicalId}`, PolicyDocument);
		return { ref: Bucket };
	},
);

/** A statement of a function's policy: allows a service to invoke it for a resource. */
export const permission = resource(
	{
		Action: z.literal("lambda:InvokeFunction"),
		FunctionName: z.string(),
		Principal: z.string().regex(/\.amazonaws\.com$/, "only services invoke here"),
		SourceArn: z.string().optional(),
		SourceAccount: z.string().optional(),
	},
	(properties, { services, stack, logicalId }) => {
		const { SourceArn, SourceAccount } = properties;
		const name = properties.FunctionName.split(":").at(-1);
		const arn = services.state.arn("lambda", `function:${name}`);
		services.access.attachToResource(arn, `${stack}/${logicalId}`, {
			Statement: [
				{
					Effect: "Allow",
					Action: properties.Action,
					Resource: arn,
					Principal: { Service: properties.Principal },
					Condition: {
						...(SourceArn && { ArnLike: { "aws:SourceArn": SourceArn } }),
						...(SourceAccount && {
							StringEquals: { "aws:SourceAccount": SourceAccount },
						}),
					},
				},
			],
		});
		return { ref: logicalId };
	},
);
