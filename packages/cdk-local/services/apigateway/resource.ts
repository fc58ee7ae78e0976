import { z } from "zod";
import { boolean, ignored, number, resource, tags } from "../../template/resource.ts";

export const restApi = resource(
	{
		Name: z.string(),
		EndpointConfiguration: z.strictObject({ Types: z.tuple([z.literal("REGIONAL")]) }),
		Description: ignored("for people"),
		Tags: tags,
	},
	async (_properties, { stores, logicalId }) => {
		await stores.restApis.create(logicalId);
		return { ref: logicalId, attributes: { RestApiId: logicalId, RootResourceId: "/" } };
	},
);

/** The physical id of a resource is its path. */
export const apiResource = resource(
	{ RestApiId: z.string(), ParentId: z.string(), PathPart: z.string() },
	({ ParentId, PathPart }) => {
		const path = `${ParentId.replace(/\/$/, "")}/${PathPart}`;
		return { ref: path, attributes: { ResourceId: path } };
	},
);

export const method = resource(
	{
		RestApiId: z.string(),
		ResourceId: z.string(),
		HttpMethod: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
		AuthorizationType: z.literal("NONE"),
		ApiKeyRequired: boolean.pipe(z.literal(false)).optional(),
		Integration: z.strictObject({
			Type: z.literal("AWS_PROXY"),
			IntegrationHttpMethod: z.literal("POST"),
			ResponseTransferMode: z.literal("STREAM", "a buffered integration is not supported"),
			TimeoutInMillis: number.max(900_000).default(29_000),
			Uri: z.string().regex(/:lambda:path\/2021-11-15\/functions\/[^/]+\/response-streaming-invocations$/),
		}),
	},
	({ RestApiId, ResourceId, HttpMethod, Integration }, { stores, logicalId }) => {
		const [, arn = ""] = /\/functions\/([^/]+)\//.exec(Integration.Uri) ?? [];
		const target = stores.functions.get(arn);
		if (!target) throw new Error(`there is no function ${arn}`);
		stores.restApis.get(RestApiId).addMethod({
			method: HttpMethod,
			path: ResourceId,
			timeoutMilliseconds: Integration.TimeoutInMillis,
			invoke: (payload, abandoned, receive) => target.invoke(payload, abandoned, receive),
			allows: (sourceArn) =>
				stores.access.allows(stores.access.service("apigateway.amazonaws.com", sourceArn), {
					action: "lambda:InvokeFunction",
					resource: arn,
				}),
		});
		return { ref: logicalId };
	},
);

export const deployment = resource(
	{ RestApiId: z.string(), Description: ignored("for people") },
	(_properties, { logicalId }) => ({ ref: logicalId, attributes: { DeploymentId: logicalId } }),
);

export const stage = resource(
	{
		RestApiId: z.string(),
		DeploymentId: z.string(),
		StageName: z.string().regex(/^\w+$/),
		MethodSettings: z
			.array(
				z.strictObject({
					HttpMethod: z.literal("*"),
					ResourcePath: z.literal("/*"),
					ThrottlingRateLimit: number.default(10_000),
					ThrottlingBurstLimit: number.default(5_000),
					DataTraceEnabled: ignored("functions log their requests"),
				}),
			)
			.default([]),
		Description: ignored("for people"),
		Tags: tags,
	},
	({ RestApiId, StageName, MethodSettings: [settings] }, { stores }) => {
		stores.restApis
			.get(RestApiId)
			.deploy(StageName, settings && [settings.ThrottlingRateLimit, settings.ThrottlingBurstLimit]);
		return { ref: StageName };
	},
);
