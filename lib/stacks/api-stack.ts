import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { AccessLogFormat, type RestApi } from "aws-cdk-lib/aws-apigateway";
import {
	type CfnStage,
	CorsHttpMethod,
	HttpApi,
	HttpMethod,
	HttpNoneAuthorizer,
	HttpStage,
	LogGroupLogDestination,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpJwtAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { UserPoolResourceServer } from "aws-cdk-lib/aws-cognito";
import { ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { Route } from "#lambdas/api/routes/table.ts";
import { acknowledge, EnvironmentStack } from "../constructs/environment-stack.ts";
import { streamApi } from "../constructs/stream-api.ts";
import type { Environment } from "../environments.ts";
import type { ComputeStack } from "./compute-stack.ts";
import type { StorageStack } from "./storage-stack.ts";

interface ApiStackProps {
	environment: Environment;
	/** Web pages that may call the API. */
	origins: string[];
	storage: StorageStack;
	compute: ComputeStack;
	routes: readonly Route[];
	streamedRoutes: readonly Route[];
}

/** The HTTP API and the REST API of streams. The HTTP API needs a token on every route that is not public. */
export class ApiStack extends EnvironmentStack {
	readonly httpApi: HttpApi;
	readonly streamApi: RestApi;

	constructor(scope: Construct, { environment, origins, storage, compute, routes, streamedRoutes }: ApiStackProps) {
		super(scope, "API", environment);
		const integration = new HttpLambdaIntegration(
			"Function",
			compute.api.function,
			// One permission for all routes: one each would exceed the size limit of a function's policy near 50 routes.
			{ scopePermissionToRoute: false },
		);
		this.httpApi = new HttpApi(this, "Http", {
			description: `Collections ${environment.name}`,
			createDefaultStage: false,
			// $default has no authorizer, so that unknown paths get our own 404.
			defaultIntegration: integration,
			corsPreflight: {
				allowOrigins: origins,
				allowMethods: [
					CorsHttpMethod.GET,
					CorsHttpMethod.POST,
					CorsHttpMethod.PUT,
					CorsHttpMethod.PATCH,
					CorsHttpMethod.DELETE,
				],
				allowHeaders: [
					"authorization",
					"content-type",
					"if-match",
					"if-none-match",
					"idempotency-key",
					"mcp-protocol-version",
				],
				exposeHeaders: [
					"etag",
					"idempotency-replayed",
					"location",
					"ratelimit",
					"ratelimit-policy",
					"retry-after",
					"www-authenticate",
				],
				maxAge: Duration.hours(1),
			},
		});
		// The permission above names a method and a path. $default has neither: unknown paths would be a 500 without a log.
		compute.api.function.addPermission("DefaultRoute", {
			scope: this,
			principal: new ServicePrincipal("apigateway.amazonaws.com"),
			sourceArn: this.formatArn({
				service: "execute-api",
				resource: this.httpApi.apiId,
				resourceName: "*/$default",
			}),
		});
		const authorizer = new HttpJwtAuthorizer("Tokens", storage.tokenIssuer, {
			authorizerName: "Tokens",
			jwtAudience: storage.userPoolClients.map(({ userPoolClientId }) => userPoolClientId),
		});
		const publicAccess = new HttpNoneAuthorizer();
		for (const route of routes) {
			this.httpApi.addRoutes({
				path: route.path,
				methods: [HttpMethod[route.method]],
				integration,
				authorizer: route.public || route.ungated ? publicAccess : authorizer,
			});
		}
		acknowledge(this.httpApi, {
			"AwsSolutions-APIG4":
				"The handler alone checks the tokens of /mcp. Public routes and $default (our 404) take no token; the handler checks tokens again, and a test compares routes with authorizers.",
		});

		const accessLog = new LogGroup(this, "AccessLog", {
			retention: environment.logRetentionDays,
			removalPolicy: RemovalPolicy.DESTROY,
		});
		const stage = new HttpStage(this, "Stage", {
			httpApi: this.httpApi,
			stageName: "$default",
			autoDeploy: true,
			// All clients together: the limits of a person come first, and refuse in a few milliseconds.
			throttle: { rateLimit: 500, burstLimit: 1_000 },
			accessLogSettings: {
				destination: new LogGroupLogDestination(accessLog),
				format: AccessLogFormat.custom(JSON.stringify(accessLogLine)),
			},
		});
		// No person's limit counts what comes without a token.
		const defaultThrottle = { rate: 50, burst: 100 };
		const open = routes.flatMap((route) => {
			const throttle = route.public ? (route.throttle ?? defaultThrottle) : route.ungated;
			return throttle ? [[`${route.method} ${route.path}`, throttle] as const] : [];
		});
		(stage.node.defaultChild as CfnStage).routeSettings = Object.fromEntries(
			[["$default", defaultThrottle] as const, ...open].map(([key, { rate, burst }]) => [
				key,
				{ ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst },
			]),
		);
		// API Gateway refuses settings of a route that does not exist yet.
		stage.node.addDependency(this.httpApi);
		if (storage.agentSignIn) {
			// Clients name this address with the code, which Cognito exchanges for no other resource than those it knows.
			new UserPoolResourceServer(this, "McpResource", {
				userPool: storage.userPool,
				userPoolResourceServerName: "MCP",
				identifier: `${this.httpApi.apiEndpoint}/mcp`,
			});
		}
		this.output("ApiUrl", this.httpApi.apiEndpoint);
		this.streamApi = streamApi(this, compute.stream, streamedRoutes);
		const { restApiId, deploymentStage } = this.streamApi;
		// As `ApiUrl` without a slash at its end: a gateway knows no path that begins with two.
		const host = `${restApiId}.execute-api.${this.region}.${this.urlSuffix}`;
		this.output("StreamUrl", `https://${host}/${deploymentStage.stageName}`);
	}
}

/** The access log's fields. It has no path, user or address: a path may hold personal data, and only the function can hash a user. */
const accessLogLine = {
	time: "$context.requestTime",
	request_id: "$context.requestId",
	method: "$context.httpMethod",
	route: "$context.routeKey",
	status: "$context.status",
	latency_ms: "$context.responseLatency",
	integration_latency_ms: "$context.integrationLatency",
	bytes: "$context.responseLength",
	authorizer_error: "$context.authorizer.error",
	integration_error: "$context.integrationErrorMessage",
};
