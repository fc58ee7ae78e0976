import { beforeEach, describe, expect, it } from "vitest";
import { archiveDays } from "#core/archive/archive.ts";
import { runSlice } from "#core/jobs/run-slice.ts";
import { readyItem } from "./ready-item.ts";
import { ada, bob, generousLimits, testApi } from "./test-api.ts";

let api: ReturnType<typeof testApi>;
beforeEach(() => {
	api = testApi();
});

const ask = (method: string, path: string, user = ada, query?: Record<string, string>) =>
	api.as(user)(method, path, query ? { query } : {});
const slice = () =>
	runSlice(api.ports, { leaseSeconds: 60, deadline: new Date(Date.now() + 10_000), limits: generousLimits });

describe("an export", () => {
	it("is a job, whose parts have a URL each once it is done", async () => {
		const { itemId } = await readyItem(api.ports, ada);
		const started = await ask("POST", "/account/export");
		expect(started.status).toBe(202);
		expect(started.body).toMatchObject({ kind: "export", state: "queued", total: 1 });
		const address = started.headers.get("location") ?? "";
		expect(address).toBe(`/jobs/${started.body.id}`);
		expect((await ask("GET", `${address}/parts`)).body).toEqual({ parts: [], total: 0 });
		await slice();
		const { body: job } = await ask("GET", address);
		expect(job).toMatchObject({ state: "done", done: 1, result_url: expect.stringContaining("/manifest.json?") });
		const { body } = await ask("GET", `${address}/parts`);
		expect(body).toMatchObject({ total: 2, parts: [{ name: "items-000000.tar" }, { name: "library-000000.tar" }] });
		for (const { url } of body.parts) expect(url).toContain(`/exports/${ada}/${job.id}/`);
		const second = await ask("GET", `${address}/parts`, ada, { offset: "1", limit: "1" });
		expect(second.body).toMatchObject({ total: 2, parts: [{ name: "library-000000.tar" }] });
		expect(JSON.stringify(await api.ports.archives.entries(ada, job.id))).toContain(`originals/${itemId}.png`);
	});

	it("is refused while another of the person runs, whose address the answer has", async () => {
		const { body: job } = await ask("POST", "/account/export");
		const again = await ask("POST", "/account/export");
		expect(again).toMatchObject({ status: 409, body: { code: "export_running" } });
		expect(again.body.detail).toContain(job.id);
		expect(again.headers.get("location")).toBe(`/jobs/${job.id}`);
		expect((await ask("POST", "/account/export", bob)).status).toBe(202);
		await slice();
		await slice();
		expect((await ask("POST", "/account/export")).status).toBe(202);
	});

	it("has expired after its days, and once a later one replaced it", async () => {
		const { body: job } = await ask("POST", "/account/export");
		await slice();
		const stored = api.ports.store.jobs.get(job.id);
		if (stored) stored.job.finishedAt = new Date(Date.now() - (archiveDays * 24 + 1) * 3_600_000);
		expect(await ask("GET", `/jobs/${job.id}/parts`)).toMatchObject({ status: 410, body: { code: "export_expired" } });
		if (stored) stored.job.finishedAt = new Date();
		expect((await ask("GET", `/jobs/${job.id}/parts`)).status).toBe(200);
		await ask("POST", "/account/export");
		expect((await ask("GET", `/jobs/${job.id}/parts`)).status).toBe(410);
	});
});
