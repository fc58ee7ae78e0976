import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import type { RestClient } from "#cli/rest-client.ts";
import { Control } from "./control.ts";
import { screenshot } from "./drawings.ts";
import { newUser, operator, outputs } from "./environment.ts";

const local = operator !== undefined;

describe.skipIf(!local)(
	`faults${local ? "" : " (skipped: only a local cloud can be made to fail)"}`,
	() => {
		let user: RestClient;
		let control: Control;
		beforeAll(async () => {
			user = await newUser("unlucky");
			if (operator) control = new Control(outputs, operator);
		});

		/** Counts what the pipeline committed for an item: more than one of anything is a defect. */
		async function committed(itemId: string) {
			const [row] = await control.sql<Record<string, number>>(
				`select
					(select count(*)::int from analyses where item_id = $1) as analyses,
					(select count(*)::int from embeddings where item_id = $1) as embeddings,
					(select count(*)::int from documents where item_id = $1) as documents`,
				[itemId],
			);
			return row;
		}
		const once = { analyses: 1, embeddings: 1, documents: 1 };

		async function crashed(itemId: string, status: string) {
			// Long enough for the stages before it, and for the crashed one to have begun.
			const end = Date.now() + 30_000;
			for (;;) {
				const [row] = await control.sql<{ leased: boolean; unsent: boolean }>(
					`select lease_token is not null as leased,
						exists (select from outbox where item_id = $1) as unsent
					from items where id = $1`,
					[itemId],
				);
				const item = await user.item(itemId);
				if (item.status === status && (row?.leased || row?.unsent)) {
					await sleep(1500); // the process dies, nothing else goes on
					return;
				}
				if (Date.now() > end) {
					throw new Error(`no crash seen, item is ${item.status}`);
				}
				await sleep(50);
			}
		}

		test.each([
			[
				"ImageProcessorFunctionName",
				"before:stages.commitProcessed",
				"uploaded",
			],
			[
				"ImageProcessorFunctionName",
				"after:stages.commitProcessed",
				"processed",
			],
			["AnalyzerFunctionName", "before:stages.commitAnalyzed", "processed"],
			["AnalyzerFunctionName", "after:stages.commitAnalyzed", "analyzed"],
			["EmbedderFunctionName", "before:stages.commitEmbedded", "analyzed"],
		])(
			"%s killed %s: the sweeper finishes the item, once",
			async (name, at, status) => {
				await control.crashNext(String(outputs[name]), at);
				const drawn = await screenshot();
				const { id } = await user.upload(drawn.filename, drawn.bytes);
				await crashed(id, status);
				await control.letTimePass(id);
				await control.sweepNow();
				expect((await user.settled(id)).status).toBe("ready");
				expect(await committed(id)).toEqual(once);
			},
		);

		test("the api killed after the bytes are stored: the item becomes ready, once", async () => {
			await control.crashNext(
				String(outputs.ApiFunctionName),
				"after:objects.put",
			);
			const drawn = await screenshot();
			const refused = await user
				.upload(drawn.filename, drawn.bytes)
				.catch((error) => error);
			expect(refused.status).toBe(500);
			const item = await user.upload(drawn.filename, drawn.bytes);
			expect((await user.settled(item.id)).status).toBe("ready");
			expect(await committed(item.id)).toEqual(once);
		});

		test("without Postgres the API says 503, and the pipeline resumes by itself", async () => {
			const drawn = await screenshot();
			const { id } = await user.upload(drawn.filename, drawn.bytes);
			await control.stopDatabase();
			const health = await fetch(`${outputs.ApiUrl.replace(/\/$/, "")}/health`);
			expect(health.status).toBe(503);
			expect(await health.json()).toMatchObject({ status: "unhealthy" });
			await expect(user.item(id)).rejects.toMatchObject({ status: 503 });
			await control.startDatabase();
			expect((await user.settled(id, 100)).status).toBe("ready");
			expect(await committed(id)).toEqual(once);
		});
	},
);
