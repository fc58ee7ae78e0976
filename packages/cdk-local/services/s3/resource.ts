import { z } from "zod";
import { boolean, ignored, number, resource, tags } from "../../template/resource.ts";

const texts = z.array(z.string());

export const bucket = resource(
	{
		BucketName: z.string().optional(),
		CorsConfiguration: z
			.strictObject({
				CorsRules: z.array(
					z.strictObject({
						AllowedOrigins: texts,
						AllowedMethods: texts,
						AllowedHeaders: texts.optional(),
						ExposedHeaders: texts.optional(),
						MaxAge: number.optional(),
						Id: z.string().optional(),
					}),
				),
			})
			.optional(),
		VersioningConfiguration: z.strictObject({ Status: z.string() }).optional(),
		NotificationConfiguration: z
			.strictObject({
				EventBridgeConfiguration: z.strictObject({ EventBridgeEnabled: boolean.default(true) }).optional(),
			})
			.optional(),
		LifecycleConfiguration: ignored("nothing here costs by the day"),
		BucketEncryption: ignored("nothing is encrypted at rest here"),
		PublicAccessBlockConfiguration: ignored("every call is signed"),
		OwnershipControls: ignored("there is one account"),
		LoggingConfiguration: ignored("the endpoint is on loopback"),
		Tags: tags,
	},
	(properties, { stores, physicalName }) => {
		const name = properties.BucketName ?? physicalName(63).toLowerCase();
		stores.buckets.ensure(name, {
			versioned: properties.VersioningConfiguration?.Status === "Enabled",
			notifiesEventBridge: properties.NotificationConfiguration?.EventBridgeConfiguration?.EventBridgeEnabled ?? false,
			...(properties.CorsConfiguration && {
				cors: properties.CorsConfiguration.CorsRules.map((rule) => ({
					allowedOrigins: rule.AllowedOrigins,
					allowedMethods: rule.AllowedMethods,
					...(rule.AllowedHeaders && { allowedHeaders: rule.AllowedHeaders }),
					...(rule.ExposedHeaders && { exposedHeaders: rule.ExposedHeaders }),
					...(rule.MaxAge !== undefined && { maxAgeSeconds: rule.MaxAge }),
				})),
			}),
		});
		const { region } = stores.state;
		return {
			ref: name,
			attributes: {
				Arn: `arn:aws:s3:::${name}`,
				DomainName: `${name}.s3.amazonaws.com`,
				RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
			},
		};
	},
);

export const bucketPolicy = resource(
	{ PolicyDocument: z.record(z.string(), z.unknown()), Bucket: z.string() },
	({ PolicyDocument, Bucket }, { stores, stack, logicalId }) => {
		stores.access.attachToResource(`arn:aws:s3:::${Bucket}`, `${stack}/${logicalId}`, PolicyDocument);
		return { ref: Bucket };
	},
);
