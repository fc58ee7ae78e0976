import { expect, test } from "vitest";
import { type Claimed, ofType, only, parts } from "../synthesized.ts";

const publicRoutes = [
	"GET /.well-known/oauth-authorization-server",
	"GET /.well-known/oauth-protected-resource",
	"GET /.well-known/oauth-protected-resource/mcp",
	"GET /docs",
	"GET /docs/{asset}",
	"GET /health",
	"GET /mcp",
	"GET /openapi.json",
	"GET /s/{token}",
	"GET /s/{token}/{item_id}",
	"GET /version",
	"POST /s/{token}",
	"POST /webhooks/stripe",
];

const guardedRoutes = [
	"DELETE /account",
	"DELETE /albums/{id}",
	"DELETE /albums/{id}/items",
	"DELETE /chat/sessions/{session_id}",
	"DELETE /chat/{session_id}",
	"DELETE /chat/{session_id}/turn",
	"DELETE /items/{id}",
	"DELETE /jobs/{id}",
	"DELETE /shares/{id}",
	"DELETE /tags/{name}",
	"DELETE /verifications/{id}",
	"DELETE /webhooks/{id}",
	"GET /albums",
	"GET /albums/{id}",
	"GET /analyses/{id}",
	"GET /chat/sessions",
	"GET /chat/{session_id}/history",
	"GET /golden-dataset/entry/{item_id}",
	"GET /golden-dataset/items",
	"GET /golden-dataset/status",
	"GET /images/{filename}",
	"GET /items",
	"GET /items/duplicates",
	"GET /items/facets",
	"GET /items/{id}",
	"GET /items/{id}/analyses",
	"GET /items/{id}/requests/{request_id}",
	"GET /items/{id}/text",
	"GET /jobs/{id}",
	"GET /jobs/{id}/parts",
	"GET /me",
	"GET /search/config",
	"GET /shares",
	"GET /tags",
	"GET /usage",
	"GET /vector-index/status",
	"GET /verifications",
	"GET /verifications/{id}",
	"GET /webhooks",
	"PATCH /albums/{id}",
	"PATCH /chat/sessions/{session_id}",
	"PATCH /items/{id}",
	"PATCH /jobs/{id}",
	"PATCH /me",
	"PATCH /tags/{name}",
	"POST /account/export",
	"POST /account/import/albums",
	"POST /account/import/items",
	"POST /albums",
	"POST /chat",
	"POST /golden-dataset/compare",
	"POST /golden-dataset/save",
	"POST /items",
	"POST /items/batch",
	"POST /items/{id}/analyze",
	"POST /items/{id}/compare",
	"POST /items/{id}/resize-only",
	"POST /items/{id}/restore",
	"POST /items/{id}/similar",
	"POST /items/{id}/trash",
	"POST /search",
	"POST /shares",
	"POST /uploads",
	"POST /vector-index/rebuild",
	"POST /verifications",
	"POST /webhooks",
	"POST /webhooks/{id}/test",
	"PUT /albums/{id}/items",
];

/** The handler alone checks their tokens: it answers as if there were no such route. */
const adminRoutes = ["GET /admin/usage", "GET /admin/users", "GET /admin/users/{sub}", "PATCH /admin/users/{sub}"];

/** Claims about the gateway: authorizers, CORS, throttling. */
export function apiClaims({ environment, templates, at }: Claimed): void {
	const { API, Storage } = templates;

	test("require a token on every route that is not public, and on no other but /mcp and those of administrators, whose handler does", () => {
		const routes = Object.values(ofType(API, "AWS::ApiGatewayV2::Route"));
		const keys = (authorization: string) =>
			routes
				.filter(({ Properties }) => Properties.AuthorizationType === authorization)
				.map(({ Properties }) => Properties.RouteKey)
				.sort();
		expect(keys("NONE")).toEqual(["$default", ...publicRoutes, ...adminRoutes, "POST /mcp"].sort());
		expect(keys("JWT")).toEqual(guardedRoutes);
		const authorizer = only(API, "AWS::ApiGatewayV2::Authorizer");
		expect(authorizer.JwtConfiguration.Audience.map(at)).toEqual([
			"PeopleClient",
			"PeopleWebClient",
			"PeopleCliClient",
		]);
		expect(at(authorizer.JwtConfiguration.Issuer)).toBe("People.ProviderURL");
	});

	test("send every route to the api function", () => {
		const integration = only(API, "AWS::ApiGatewayV2::Integration");
		expect(at(integration.IntegrationUri)).toBe("ApiFunction");
		expect(integration.PayloadFormatVersion).toBe("2.0");
	});

	test("stream answers by a regional REST API, which leaves tokens and preflights to its function", () => {
		expect(only(API, "AWS::ApiGateway::RestApi").EndpointConfiguration.Types).toEqual(["REGIONAL"]);
		// A path follows it: nothing comes after the stage.
		expect(JSON.stringify(API.Outputs?.StreamUrl?.Value)).toMatch(/"\/",\{"Ref":"Streams\w+"\}\]\]\}$/);
		const resources = API.Resources;
		const pathOf = (id: { Ref?: string }): string => {
			const resource = resources[id.Ref ?? ""]?.Properties;
			return resource ? `${pathOf(resource.ParentId)}/${resource.PathPart}` : "";
		};
		const methods = Object.values(ofType(API, "AWS::ApiGateway::Method")).map(({ Properties }) => {
			const { AuthorizationType, HttpMethod, Integration, ResourceId } = Properties;
			expect(AuthorizationType).toBe("NONE");
			expect(Integration.ResponseTransferMode).toBe("STREAM");
			expect(at(Integration.Uri)).toMatch(/functions\/StreamFunction\/response-streaming-invocations$/);
			return `${HttpMethod} ${pathOf(ResourceId)}`;
		});
		expect(methods.sort()).toEqual([
			"OPTIONS /chat/stream",
			"OPTIONS /search/stream",
			"POST /chat/stream",
			"POST /search/stream",
		]);
		const { MethodSettings } = only(API, "AWS::ApiGateway::Stage");
		// docs/operations.md quotes these limits.
		expect(MethodSettings).toMatchObject([{ ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 }]);
		const { ApiFunction, StreamFunction } = ofType(templates.Compute, "AWS::Lambda::Function");
		const { AllowOrigins } = only(API, "AWS::ApiGatewayV2::Api").CorsConfiguration;
		for (const made of [ApiFunction, StreamFunction]) {
			expect(at(made?.Properties.Environment.Variables.CORS_ORIGINS)).toBe(AllowOrigins.map(at).join());
		}
	});

	test("let web pages of the configured origins call the API, post to the bucket and read from it", () => {
		const cors = only(API, "AWS::ApiGatewayV2::Api").CorsConfiguration;
		expect(cors.AllowOrigins).toEqual(expect.arrayContaining(environment.corsOrigins));
		expect(cors.AllowHeaders.toSorted()).toEqual([
			"authorization",
			"content-type",
			"idempotency-key",
			"if-match",
			"if-none-match",
			"mcp-protocol-version",
		]);
		expect(cors.AllowMethods.toSorted()).toEqual(["DELETE", "GET", "PATCH", "POST", "PUT"]);
		expect(cors.ExposeHeaders.toSorted()).toEqual([
			"etag",
			"idempotency-replayed",
			"location",
			"ratelimit",
			"ratelimit-policy",
			"retry-after",
			"www-authenticate",
		]);
		const [rule, ...others] = only(Storage, "AWS::S3::Bucket").CorsConfiguration.CorsRules;
		expect(others).toEqual([]);
		expect(rule.AllowedOrigins).toEqual(cors.AllowOrigins);
		expect(rule.AllowedMethods).toEqual(["GET", "POST"]);
	});

	test("throttle the API and keep its access log for a bounded time", () => {
		const stage = only(API, "AWS::ApiGatewayV2::Stage");
		// docs/operations.md quotes these limits.
		expect(stage.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1_000 });
		expect(stage.RouteSettings).toEqual({
			...Object.fromEntries(
				["$default", ...publicRoutes, ...adminRoutes].map((key) => [
					key,
					{ ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
				]),
			),
			// A page of an album asks for sixty at once.
			"GET /s/{token}/{item_id}": { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 },
			// The gateway asks for no token.
			"POST /mcp": { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
		});
		expect(at(stage.AccessLogSettings.DestinationArn)).toBe("AccessLog");
		for (const part of parts) {
			for (const log of Object.values(ofType(templates[part], "AWS::Logs::LogGroup"))) {
				expect(log.Properties.RetentionInDays).toBe(environment.logRetentionDays);
			}
		}
	});
}
