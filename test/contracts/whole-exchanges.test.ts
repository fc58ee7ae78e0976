import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it } from "vitest";
import { pglite } from "./databases.ts";

// Only clients in processes of their own send at the same time what PGlite's single session would mix up.
it("clients in three processes get their own answers from one PGlite", async () => {
	const empty = await pglite.create();
	try {
		const results = await Promise.all(
			[1, 2, 3].map(async (client) => {
				const child = fork(
					join(import.meta.dirname, "exchange-client.ts"),
					[String(empty.address.port), String(client)],
					{ timeout: 20_000 },
				);
				const [wrong] = await Promise.race([
					once(child, "message"),
					once(child, "exit").then(() => ["no answer"]),
				]);
				return wrong;
			}),
		);
		expect(results).toEqual([0, 0, 0]);
	} finally {
		await empty.drop();
	}
});
