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
