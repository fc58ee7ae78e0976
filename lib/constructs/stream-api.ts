import { EndpointType, LambdaIntegration, ResponseTransferMode, RestApi } from "aws-cdk-lib/aws-apigateway";
import type { Construct } from "constructs";
import type { Route } from "#lambdas/api/routes/table.ts";
import { acknowledge } from "./environment-stack.ts";
import type { NodeFunction } from "./node-function.ts";

/** Makes the regional REST API that sends a function's answers as they come: an HTTP API cannot. */
export function streamApi(scope: Construct, { function: target }: NodeFunction, routes: readonly Route[]): RestApi {
	const api = new RestApi(scope, "Streams", {
		// Its logs would need a role of the whole account, which environments in one account would take from each other.
		cloudWatchRole: false,
		endpointTypes: [EndpointType.REGIONAL],
		// All clients together: the limits of a person come first.
		deployOptions: { stageName: "v1", throttlingRateLimit: 100, throttlingBurstLimit: 200 },
	});
	const integration = new LambdaIntegration(target, {
		responseTransferMode: ResponseTransferMode.STREAM,
		// One permission for the function: on AWS a policy has room for some fifty.
		scopePermissionToMethod: false,
	});
	api.node.tryRemoveChild("Endpoint"); // an output that `StreamUrl` repeats
	for (const { method, path } of routes) {
		const resource = api.root.resourceForPath(path);
		resource.addMethod(method, integration);
		// The function answers preflights, too: it knows the origins.
		resource.addMethod("OPTIONS", integration);
	}
	acknowledge(api, {
		"AwsSolutions-APIG1":
			"The function logs each request; an access log of a REST API needs a role of the whole account.",
		"AwsSolutions-APIG2":
			"The handler validates requests by the schemas of the plain routes, and names each wrong field.",
		"AwsSolutions-APIG3":
			"A web ACL costs more a month than the API; the limits of a person and the stage's throttling bound requests.",
		"AwsSolutions-APIG4":
			"A REST API has no JWT authorizer, and Cognito's takes ID tokens alone: the handler verifies ID and access tokens of all clients before the first byte.",
		"AwsSolutions-APIG6":
			"The function logs each request; CloudWatch logs of a REST API need a role of the whole account.",
		"AwsSolutions-COG4": "As of APIG4: the handler verifies the tokens.",
	});
	return api;
}
