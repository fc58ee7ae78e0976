import { allowInvoke, testFunction } from "./test-app.ts";

/** The function behind the routes: it answers with its event, or as the query's `do` says. */
export const gatewayBundle = `
export const handler = async (event) => {
	const query = event.queryStringParameters ?? {};
	switch (query.do) {
		case "throw": throw new Error("broken");
		case "sleep": await new Promise((resolve) => setTimeout(resolve, 5_000)); break;
		case "note": console.log("noted"); break;
		case "large": return { statusCode: 200, body: "x".repeat(7_000_000) };
		case "bare": return { plain: true };
		case "nonsense": return { statusCode: "many" };
		case "binary": return { statusCode: 201, isBase64Encoded: true, body: Buffer.from([0, 255, 1]).toString("base64"),
			headers: { "Content-Type": "image/png", "X-Number": 7, "Access-Control-Allow-Origin": "https://evil.example" }, cookies: ["a=1; Path=/", "b=2"] };
	}
	return { statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(event) };
};
`;

export const audience = "client-1";

/** Returns the template of an HTTP API whose guarded routes take the tokens of an issuer. */
export function gatewayTemplate(issuer: string) {
	const apiResource = (type: string, properties: object) => ({
		Type: `AWS::ApiGatewayV2::${type}`,
		Properties: { ApiId: { Ref: "Api" }, ...properties },
	});
	const target = (integration: string) => ({ Target: { "Fn::Join": ["", ["integrations/", { Ref: integration }]] } });
	const withAuthorizer = { AuthorizationType: "JWT", AuthorizerId: { Ref: "Guard" } };
	const integration = (properties: object = {}) =>
		apiResource("Integration", {
			IntegrationType: "AWS_PROXY",
			IntegrationUri: { "Fn::GetAtt": ["Echo", "Arn"] },
			PayloadFormatVersion: "2.0",
			...properties,
		});
	return {
		Resources: {
			Echo: testFunction(),
			OpenEcho: allowInvoke("Echo", "apigateway.amazonaws.com"),
			Api: {
				Type: "AWS::ApiGatewayV2::Api",
				Properties: {
					Name: "tiny",
					ProtocolType: "HTTP",
					CorsConfiguration: {
						AllowOrigins: ["https://app.example"],
						AllowMethods: ["GET", "POST"],
						AllowHeaders: ["Authorization"],
						MaxAge: 600,
					},
				},
			},
			Stage: apiResource("Stage", { StageName: "$default", AutoDeploy: true }),
			EchoIntegration: integration(),
			ShortTimeout: integration({ TimeoutInMillis: 300 }),
			Guard: apiResource("Authorizer", {
				Name: "guard",
				AuthorizerType: "JWT",
				IdentitySource: ["$request.header.Authorization"],
				JwtConfiguration: { Audience: [audience], Issuer: issuer },
			}),
			...Object.fromEntries(
				[
					["Open", "GET /open", target("EchoIntegration")],
					["Slow", "GET /slow", target("ShortTimeout")],
					["List", "GET /items", { ...target("EchoIntegration"), ...withAuthorizer }],
					["Item", "GET /items/{id}", { ...target("EchoIntegration"), ...withAuthorizer }],
					["Recent", "GET /items/recent", target("EchoIntegration")],
					["AnyItem", "ANY /items/{id}", target("EchoIntegration")],
					["Deep", "GET /files/{path+}", target("EchoIntegration")],
					["Send", "POST /send", target("EchoIntegration")],
					[
						"Scoped",
						"GET /scoped",
						{ ...target("EchoIntegration"), ...withAuthorizer, AuthorizationScopes: ["admin"] },
					],
				].map(([id, RouteKey, properties]) => [
					`Route${id}`,
					apiResource("Route", { RouteKey, ...(properties as object) }),
				]),
			),
		},
		Outputs: { ApiUrl: { Value: { "Fn::GetAtt": ["Api", "ApiEndpoint"] } } },
	};
}
