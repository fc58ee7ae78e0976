import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { S3Client } from "@aws-sdk/client-s3";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

/** Requests of clients, each attempt counted, and the bytes of their bodies. */
export interface Traffic {
	requests: number;
	sentBytes: number;
	receivedBytes: number;
	/** Requests by operation: `Query`, `PutObject` ... */
	operations: Record<string, number>;
}

/** Counts the clients' requests from now on. @returns a function that returns the count and resets it */
export function countTraffic(...clients: (DynamoDBDocumentClient | S3Client)[]): () => Traffic {
	let traffic = noTraffic();
	for (const { middlewareStack } of clients) {
		// All clients have this step; their types differ only in commands, which it does not use.
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
