import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { S3Client } from "@aws-sdk/client-s3";

/** What clients sent and received: attempts, bytes of bodies. */
export interface Traffic {
	requests: number;
	sentBytes: number;
	receivedBytes: number;
	/** Requests by operation: `Query`, `PutObject` ... */
	operations: Record<string, number>;
}

/** Counts what the clients do from now on. @returns a function that gives the count and starts again from nothing */
export function countTraffic(
	...clients: (DynamoDBClient | S3Client)[]
): () => Traffic {
	let traffic = none();
	for (const { middlewareStack } of clients) {
		// Both clients have this step; their types differ in commands that it does not look at.
		const stack = middlewareStack as DynamoDBClient["middlewareStack"];
		stack.add(
			(next, { commandName = "" }) =>
				async (args) => {
					const result = await next(args);
					const operation = commandName.replace(/Command$/, "");
					const { body } = args.request as { body?: string | Uint8Array };
					const { headers } = result.response as {
						headers: Record<string, string>;
					};
					traffic.requests += 1;
					traffic.sentBytes += body ? Buffer.byteLength(body) : 0;
					traffic.receivedBytes += Number(headers["content-length"] ?? 0);
					traffic.operations[operation] =
						(traffic.operations[operation] ?? 0) + 1;
					return result;
				},
			{ step: "deserialize", name: "countTraffic", priority: "low" },
		);
	}
	return () => {
		const counted = traffic;
		traffic = none();
		return counted;
	};
}

const none = (): Traffic => ({
	requests: 0,
	sentBytes: 0,
	receivedBytes: 0,
	operations: {},
});
