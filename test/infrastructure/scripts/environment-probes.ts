import { setTimeout as sleep } from "node:timers/promises";
import { CognitoIdentityProviderClient, ListUsersCommand } from "@aws-sdk/client-cognito-identity-provider";
import { ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Outputs } from "#deployment/outputs.ts";
import type { OwnCloud } from "../../system/own-cloud.ts";

interface Probed {
	client: OwnCloud["client"];
	outputs: Outputs;
}

/** Lists the objects and users of the environment, which a run of test-infra adds to. */
export async function listResources({ client, outputs }: Probed) {
	const s3 = new S3Client({ ...client, forcePathStyle: true });
	const { Versions = [], DeleteMarkers = [] } = await s3.send(
		new ListObjectVersionsCommand({ Bucket: outputs.BucketName }),
	);
	const { Users = [] } = await new CognitoIdentityProviderClient(client).send(
		new ListUsersCommand({ UserPoolId: outputs.UserPoolId }),
	);
	return {
		objects: [...Versions, ...DeleteMarkers].map(({ Key }) => Key).sort(),
		users: Users.map(({ Username }) => Username).sort(),
	};
}

/** Waits until a stage has handled every message of its queue. */
export async function stageIsDone({ client }: Pick<Probed, "client">, stage: string): Promise<void> {
	const sqs = new SQSClient(client);
	const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
	const QueueUrl = QueueUrls.find((url) => url.includes(`${stage}Queue`));
	for (;;) {
		const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
		const counts = Object.entries(Attributes).filter(([name]) => name.startsWith("ApproximateNumberOfMessages"));
		if (counts.every(([, count]) => count === "0")) return;
		await sleep(50);
	}
}
