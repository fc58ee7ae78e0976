import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { S3Client } from "@aws-sdk/client-s3";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

/** Counts requests of clients, including retries, and the bytes of their bodies. */
export interface Traffic {
	requests: number;
	sentBytes: number;
	receivedBytes: number;
	/** Requests by operation: `Query`, `PutObject` ... */
	operations: Record<string, number>;
}

/** Starts counting the clients' requests. @returns a function that returns the counts and resets them */
export function countTraffic(...clients: (DynamoDBDocumentClient | S3Client)[]): () => Traffic {
	let traffic = noTraffic();
	for (const { middlewareStack } of clients) {
		// The clients' stacks differ in type only, by their commands, which this step does not use.
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
					traffic.operations[operation] = (traffic.operations[operation] ?? 0) + 1;
					return result;
				},
			{ step: "deserialize", name: "countTraffic", priority: "low" },
		);
	}
	return () => {
		const counted = traffic;
		traffic = noTraffic();
		return counted;
	};
}

const noTraffic = (): Traffic => ({
	requests: 0,
	sentBytes: 0,
	receivedBytes: 0,
	operations: {},
});
