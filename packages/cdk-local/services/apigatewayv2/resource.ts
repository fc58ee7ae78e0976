import { z } from "zod";
import { boolean, ignored, number, resource, tags } from "../../template/resource.ts";

const texts = z.array(z.string());

export const api = resource(
	{
		Name: z.string(),
		ProtocolType: z.literal("HTTP"),
		CorsConfiguration: z
			.strictObject({
				AllowOrigins: texts.default([]),
				AllowMethods: texts.default([]),
				AllowHeaders: texts.default([]),
				ExposeHeaders: texts.default([]),
				AllowCredentials: boolean.default(false),
				MaxAge: number.optional(),
			})
			.optional(),
		DisableExecuteApiEndpoint: boolean.pipe(z.literal(false)).optional(),
		Description: ignored("for people"),
		Version: ignored("for people"),
		Tags: tags,
	},
	(properties, { stores, logicalId }) => {
		const cors = properties.CorsConfiguration;
		stores.gateway.configure({
			apiId: logicalId,
			cors: cors
				? {
						origins: cors.AllowOrigins,
						methods: cors.AllowMethods,
						headers: cors.AllowHeaders,
						exposed: cors.ExposeHeaders,
						credentials: cors.AllowCredentials,
						maxAgeSeconds: cors.MaxAge ?? null,
					}
				: null,
		});
		return {
			ref: logicalId,
			attributes: { ApiId: logicalId, ApiEndpoint: stores.gateway.url },
		};
	},
);

export const integration = resource(
	{
		ApiId: z.string(),
		IntegrationType: z.literal("AWS_PROXY"),
		IntegrationUri: z.string(),
		PayloadFormatVersion: z.literal("2.0"),
		IntegrationMethod: ignored("Lambda is always invoked by POST"),
		TimeoutInMillis: number.max(30_000).default(30_000),
		Description: ignored("for people"),
	},
	(properties, { stores, logicalId }) => {
		// The URI is the function's ARN or API Gateway's longer form that contains it.
		const [arn = ""] = /arn:[^:]+:lambda:[^:]+:[^:]+:function:[^/]+/.exec(properties.IntegrationUri) ?? [];
		const target = stores.functions.get(arn);
		if (!target) {
			throw new Error(`there is no function ${properties.IntegrationUri}`);
		}
		stores.gateway.addIntegration(logicalId, {
			invoke: (payload, abandoned) => target.invoke(payload, abandoned),
			allows: (sourceArn) =>
				stores.access.allows(stores.access.service("apigateway.amazonaws.com", sourceArn), {
					action: "lambda:InvokeFunction",
					resource: arn,
				}),
			timeoutMilliseconds: properties.TimeoutInMillis,
		});
		return { ref: logicalId };
	},
);

export const authorizer = resource(
	{
		ApiId: z.string(),
		Name: z.string(),
		AuthorizerType: z.literal("JWT"),
		IdentitySource: z.tuple([z.literal("$request.header.Authorization")]),
		JwtConfiguration: z.strictObject({ Audience: texts, Issuer: z.url() }),
	},
	(properties, { stores, logicalId }) => {
		stores.gateway.addAuthorizer(logicalId, {
			issuer: properties.JwtConfiguration.Issuer,
			audience: properties.JwtConfiguration.Audience,
		});
		return { ref: logicalId, attributes: { AuthorizerId: logicalId } };
	},
);

export const route = resource(
	{
		ApiId: z.string(),
		RouteKey: z.string(),
		Target: z.string().regex(/^integrations\//),
		AuthorizationType: z.enum(["NONE", "JWT"]).default("NONE"),
		AuthorizerId: z.string().optional(),
		AuthorizationScopes: texts.default([]),
		OperationName: ignored("for people"),
	},
	(properties, { stores, logicalId }) => {
		stores.gateway.addRoute({
			key: properties.RouteKey,
			integrationId: properties.Target.replace("integrations/", ""),
			authorizerId: properties.AuthorizationType === "JWT" ? (properties.AuthorizerId ?? "") : null,
			scopes: properties.AuthorizationScopes,
		});
		return { ref: logicalId };
	},
);

const routeSettings = z.strictObject({
	ThrottlingBurstLimit: number.optional(),
	ThrottlingRateLimit: number.optional(),
	DetailedMetricsEnabled: ignored("nothing is measured here"),
});

export const stage = resource(
	{
		ApiId: z.string(),
		StageName: z.literal("$default", "other stages have a path prefix"),
		AutoDeploy: boolean.pipe(z.literal(true)),
		DefaultRouteSettings: routeSettings.prefault({}),
		RouteSettings: z.record(z.string(), routeSettings).default({}),
		AccessLogSettings: ignored("functions log their requests"),
		Description: ignored("for people"),
		Tags: tags,
	},
	(properties, { stores }) => {
		const { DefaultRouteSettings: all, RouteSettings: single } = properties;
		const { ThrottlingRateLimit: rate = 10_000, ThrottlingBurstLimit: burst = 5_000 } = all;
		stores.gateway.throttle(null, rate, burst);
		for (const [key, { ThrottlingRateLimit = rate, ThrottlingBurstLimit = burst }] of Object.entries(single)) {
			stores.gateway.throttle(key, ThrottlingRateLimit, ThrottlingBurstLimit);
		}
		return { ref: "$default" };
	},
);
