import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { HttpApi, HttpMethod } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { AttributeType, BillingMode, Table } from "aws-cdk-lib/aws-dynamodb";
import { Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { build } from "esbuild";

/** Synthesizes a guestbook: an HTTP API writes to a table and a queue, whose messages go to a bucket. */
export async function synthesizeGuestbook(folder: string): Promise<string> {
	const bundle = join(folder, "bundle");
	await build({
		entryPoints: [fileURLToPath(new URL("handlers.ts", import.meta.url))],
		outfile: join(bundle, "handlers.mjs"),
		bundle: true,
		platform: "node",
		target: "node24",
		format: "esm",
		banner: {
			js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
		},
	});
	const app = new App({
		outdir: join(folder, "cdk.out"),
		analyticsReporting: false,
	});
	const stack = new Stack(app, "Guestbook");
	const table = new Table(stack, "Entries", {
		partitionKey: { name: "book", type: AttributeType.STRING },
		sortKey: { name: "id", type: AttributeType.STRING },
		billingMode: BillingMode.PAY_PER_REQUEST,
	});
	const queue = new Queue(stack, "Unarchived");
	const bucket = new Bucket(stack, "Archive");
	const lambda = (id: string, handler: string) =>
		new LambdaFunction(stack, id, {
			runtime: Runtime.NODEJS_24_X,
			handler: `handlers.${handler}`,
			code: Code.fromAsset(bundle),
			memorySize: 256,
			environment: {
				TABLE: table.tableName,
				QUEUE: queue.queueUrl,
				BUCKET: bucket.bucketName,
			},
		});
	const web = lambda("Web", "web");
	table.grantReadWriteData(web);
	queue.grantSendMessages(web);
	const archive = lambda("Archiver", "archive");
	archive.addEventSource(new SqsEventSource(queue));
	bucket.grantPut(archive);
	const api = new HttpApi(stack, "Api");
	api.addRoutes({
		path: "/entries",
		methods: [HttpMethod.GET, HttpMethod.POST],
		integration: new HttpLambdaIntegration("WebIntegration", web),
	});
	new CfnOutput(stack, "BucketName", { value: bucket.bucketName });
	return app.synth().directory;
}
