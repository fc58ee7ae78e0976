import { beforeEach, describe, expect, it } from "vitest";
import { ModelFailure, PermanentFailure, StageBusy, WorkDeferred } from "#core/errors.ts";
import { runStage } from "#core/pipeline/run-stage.ts";
import { sendOutbox } from "#core/pipeline/send-events.ts";
import { fakePlaceholder } from "#fakes/models.ts";
import { type FakePorts, fakePorts } from "#fakes/ports.ts";
import { looks } from "../contracts/new-rows.ts";

const userId = "11111111-1111-4111-8111-111111111111";
const options = { leaseSeconds: 60, deadline: new Date(Date.now() + 60_000) };
const result = {
	width: 1,
	height: 1,
	sha256: "0".repeat(64),
	takenAt: null,
	damaged: false,
	camera: null,
	location: null,
	colours: [],
	placeholder: fakePlaceholder,
	...looks("0".repeat(16)),
};

let ports: FakePorts;
let itemId: string;
beforeEach(async () => {
	ports = fakePorts();
	itemId = crypto.randomUUID();
	await ports.items.create({
		id: itemId,
		userId,
		originalFilename: "shot.png",
		mimeType: "image/png",
		fileSize: 3,
		sha256: null,
		correlationId: "followed",
	});
});

type Work = Parameters<typeof runStage>[4];
const run = (work: Work) => runStage(ports, "process", { userId, itemId }, options, work);
const commit: Work = ({ lease }) =>
	ports.stages.commitProcessed(lease, result, {
		id: crypto.randomUUID(),
		type: "ImageProcessed",
		detail: {
			version: 1,
			correlation_id: "followed",
			item_id: itemId,
			user_id: userId,
			bucket: "b",
			original_key: "o",
			thumbnail_key: "t",
		},
	});
const claim = () => ports.stages.claim(userId, itemId, "process", 60);
const sent = () => ports.events.published.map(({ type }) => type);
const unsent = () => ports.outbox.unsent({ userId, itemId });

describe("a stage", () => {
	it("runs its work, commits the result and announces it", async () => {
		expect(await run(commit)).toBe("committed");
		expect(sent()).toEqual(["ImageProcessed"]);
		expect(await unsent()).toEqual([]);
	});

	it("does not run again for a repeated event, and sends the events that a crash left unsent", async () => {
		const held = await claim();
		if (held.outcome !== "claimed") throw new Error(held.outcome);
		await commit(held);
		expect(await unsent()).toHaveLength(1);
		const never = () => Promise.reject(new Error("The work was run."));
		expect(await run(never)).toBe("skipped");
		expect(sent()).toEqual(["ImageProcessed"]);
		expect(await unsent()).toEqual([]);
	});

	it("sends an event under the source of the stage whose result it announces", async () => {
		const held = await claim();
		if (held.outcome !== "claimed") throw new Error(held.outcome);
		await commit(held);
		await sendOutbox(ports, { olderThanSeconds: 0, limit: 10 });
		expect(ports.events.published).toMatchObject([{ type: "ImageProcessed", source: "collections.imageprocessor" }]);
	});

	it("fails where the event of its result cannot be sent, which stays in the outbox", async () => {
		ports.events = { ...ports.events, publish: () => Promise.reject(new Error("The bus is away.")) };
		await expect(run(commit)).rejects.toMatchObject({ errors: [{ message: "The bus is away." }] });
		expect(await unsent()).toHaveLength(1);
	});

	it("makes the event visible again at the end of another holder's lease", async () => {
		await claim();
		const busy = await run(commit).catch((error) => error);
		expect(busy).toBeInstanceOf(StageBusy);
		expect(busy.retryAfterSeconds).toBeGreaterThan(55);
		expect(busy.retryAfterSeconds).toBeLessThanOrEqual(60);
	});

	it("reports a deleted item as gone", async () => {
		await ports.items.delete(userId, itemId);
		expect(await run(commit)).toBe("gone");
	});

	it("releases the lease after a temporary error, and throws the error", async () => {
		const broken = new Error("The bucket is unavailable.");
		await expect(run(() => Promise.reject(broken))).rejects.toBe(broken);
		expect(await claim()).toMatchObject({ outcome: "claimed", attempt: 2 });
	});

	it("puts its work off while the provider fails, and the attempt does not count", async () => {
		const outage = { wasAsked: false, seconds: 30 };
		const away = new ModelFailure("vision_unavailable", "It failed too often.", { outage });
		const deferred = await run(() => Promise.reject(away)).catch((error) => error);
		expect(deferred).toBeInstanceOf(WorkDeferred);
		expect(deferred).toMatchObject({
			deferral: { reason: "outage", seconds: 30 },
			message: expect.stringMatching(/30 s/),
		});
		expect(await claim()).toMatchObject({ outcome: "claimed", attempt: 1 });
	});

	it("has nothing to put off where another holds the lease by now", async () => {
		const away = new ModelFailure("vision_unavailable", "No.", { outage: { wasAsked: true, seconds: 30 } });
		const late = run(async ({ lease }) => {
			await ports.stages.release(lease);
			await claim();
			throw away;
		});
		expect(await late).toBe("skipped");
	});

	it("releases the lease if there is nothing to do", async () => {
		expect(await run(async () => false)).toBe("skipped");
		expect((await claim()).outcome).toBe("claimed");
	});

	it("records a permanent failure on the item, and acknowledges the event", async () => {
		const error = { code: "undecodable_image", detail: "Broken." } as const;
		const outcome = await run(() => Promise.reject(new PermanentFailure(error)));
		expect(outcome).toBe("failed");
		const found = await ports.items.find(userId, itemId);
		expect(found?.item).toMatchObject({ status: "failed", error });
	});

	it("that serves a request fails the request, not the item", async () => {
		await run(commit);
		const request = await ports.requests.create({
			id: crypto.randomUUID(),
			userId,
			itemId,
			kind: "analyze",
			provider: "nobody",
			model: null,
		});
		const requestId = request?.id ?? "";
		const serveRequest = (error: Error) =>
			runStage(ports, "analyze", { userId, itemId, requestId }, options, () => Promise.reject(error));
		const away = new ModelFailure("vision_unavailable", "It is away.");
		await expect(serveRequest(away)).rejects.toBe(away);
		const off = new ModelFailure("provider_not_configured", "Set its key.");
		expect(await serveRequest(off)).toBe("failed");
		expect(await ports.requests.find(userId, itemId, requestId)).toMatchObject({
			status: "failed",
			error: { code: "provider_not_configured", detail: "Set its key." },
		});
		const found = await ports.items.find(userId, itemId);
		expect(found?.item).toMatchObject({ status: "processed", error: null });
		expect(await claimFor("analyze")).toBe("claimed");
	});
});

async function claimFor(stage: "analyze") {
	return (await ports.stages.claim(userId, itemId, stage, 60)).outcome;
}
