import { randomUUID } from "node:crypto";
import { deltaChannelHistoryTests, validate } from "@langchain/langgraph-checkpoint-validation";
import { describe } from "vitest";
import { DynamoDbSaver } from "../src/dynamodb-saver.ts";
import { s3Payloads } from "../src/s3-payloads.ts";
import { type Backend, backends } from "./backends.ts";

// Runs LangGraph's whole suite for checkpoint savers, which needs vitest's functions as globals: see vitest.config.ts.
for (const { name, start } of backends) {
	describe(name, () => {
		let backend: Backend;
		const initializer = {
			checkpointerName: "DynamoDbSaver",
			async beforeAll() {
				backend = await start();
			},
			afterAll: () => backend.stop(),
			createCheckpointer: () =>
				new DynamoDbSaver({
					dynamodb: backend.dynamodb,
					table: backend.table,
					payloads: s3Payloads(backend.s3, backend.bucket),
					// Each saver gets its own owner, since the suite expects an empty one.
					owner: randomUUID(),
				}),
		};
		validate(initializer);
		deltaChannelHistoryTests(initializer);
	});
}
