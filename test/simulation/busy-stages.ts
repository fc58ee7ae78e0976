import { randomUUID } from "node:crypto";
import { parseOriginalKey } from "#core/items/item.ts";
import { uploadItem } from "#core/items/upload-item.ts";
import type { OutgoingEvent } from "#core/pipeline/events.ts";
import { type StageName, stageNames, stages } from "#core/pipeline/stages.ts";
import type { Ports } from "#core/ports/index.ts";
import { heldLeases } from "#fakes/fairness.ts";
import { etagOf } from "#fakes/objects.ts";
import { fakePorts } from "#fakes/ports.ts";
import { type Message, MessageQueues } from "./message-queues.ts";
import { random } from "./random.ts";
import { handleMessage } from "./stage-functions.ts";

/** An invocation that works in virtual time. */
interface Invocation {
	wakeAt: number;
	wake(): void;
	/** Resolves when it sleeps or has ended. */
	idle: PromiseWithResolvers<void>;
}

/** Seconds that a stage works on an image of a person, the nth of this person. */
export type WorkSeconds = (userId: string, stage: StageName, nth: number) => number;

/** A message waits for longer than the milliseconds by which the clock of the rows is ahead. */
const visibleSeconds = 0.1;
/** Nobody yields to what waits for longer. */
const maxYieldSeconds = 119;

/**
 * The stages, whose work takes time on a virtual clock. A queue is fair, as cdk-local's is, or gives its oldest message
 * first, so that nothing but the claims is fair.
 */
export class BusyStages {
	readonly ports: Ports;
	readonly violations: string[] = [];
	/** Seconds from upload to ready, by item. */
	readonly readyAfter = new Map<string, number>();
	/** Messages that were put off. */
	deferrals = 0;
	/** The most leases that a person held at once, by stage. */
	readonly maxHeld = new Map<StageName, number>();
	time = 0;
	readonly #seconds: WorkSeconds;
	readonly #concurrency: number;
	readonly #isFair: boolean;
	readonly #fakes = fakePorts();
	readonly #queues = new MessageQueues({ seed: 1 }, random(1));
	readonly #running = new Map<StageName, Set<Invocation>>(stageNames.map((name) => [name, new Set()]));
	readonly #startedAt = this.#fakes.clock.now().getTime();
	readonly #uploads = new Map<string, { at: number; nth: number }>();
	readonly #uploadsOf = new Map<string, number>();

	constructor(concurrency: number, seconds: WorkSeconds, { fairQueues = true } = {}) {
		this.#concurrency = concurrency;
		this.#isFair = fairQueues;
		this.#seconds = seconds;
		const { objects } = this.#fakes;
		this.ports = {
			...this.#fakes,
			objects: {
				...objects,
				put: async (key, bytes, type) => {
					await objects.put(key, bytes, type);
					if (!key.startsWith("originals/")) return;
					const detail = { bucket: { name: objects.bucket }, object: { key, etag: etagOf(bytes) } };
					const event = { source: "aws.s3", "detail-type": "Object Created", detail };
					this.#queues.deliver("process", event, this.time, key);
				},
			},
			events: {
				publish: async (source, events) => {
					// Stages publish nothing of jobs.
					for (const event of events as OutgoingEvent[]) {
						this.#queues.route(source, event, this.time);
						const { item_id: itemId } = event.detail;
						if (event.type === "ItemReady") {
							this.readyAfter.set(itemId, this.time - (this.#uploads.get(itemId)?.at ?? 0));
						}
					}
				},
			},
		};
	}

	async upload(userId: string): Promise<string> {
		const bytes = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...Buffer.from(randomUUID())]);
		const { item } = await uploadItem(this.ports, userId, { filename: "a.png", bytes });
		const nth = this.#uploadsOf.get(userId) ?? 0;
		this.#uploadsOf.set(userId, nth + 1);
		this.#uploads.set(item.id, { at: this.time, nth });
		return item.id;
	}

	/** Works until this time, or until nothing is left to do. */
	async runUntil(end: number): Promise<void> {
		for (;;) {
			await this.#startAll();
			const invocations = [...this.#running.values()].flatMap((each) => [...each]);
			const next = Math.min(
				...invocations.map(({ wakeAt }) => wakeAt),
				...this.#queues.messages.map(({ visibleAt }) => visibleAt).filter((at) => at > this.time),
			);
			if (!Number.isFinite(next) || next > end) break;
			this.#advance(next - this.time);
			for (const invocation of invocations.filter(({ wakeAt }) => wakeAt <= this.time)) {
				invocation.idle = Promise.withResolvers();
				invocation.wake();
				await invocation.idle.promise;
			}
		}
		if (Number.isFinite(end)) this.#advance(end - this.time);
	}

	#advance(seconds: number): void {
		this.time += seconds;
		// Each reading has added a millisecond: without a correction, minutes would pass within one.
		const { clock } = this.#fakes;
		clock.advance(this.time - (clock.now().getTime() - this.#startedAt) / 1000);
	}

	async #startAll(): Promise<void> {
		for (const stage of stageNames) {
			const running = this.#running.get(stage) ?? new Set();
			for (;;) {
				if (running.size >= this.#concurrency) break;
				const next = this.#next(stage);
				if (!next) break;
				await this.#start(next, running);
			}
		}
	}

	/** Finds the message to deliver next: of the group with the fewest in flight, if the queues are fair. */
	#next(stage: StageName): Message | undefined {
		const messages = this.#queues.messages.filter(({ queue }) => queue === stage);
		const inFlight = Map.groupBy(
			messages.filter(({ visibleAt }) => visibleAt === Number.POSITIVE_INFINITY),
			({ group }) => group,
		);
		const turn = ({ group }: Message) => (group && this.#isFair ? (inFlight.get(group)?.length ?? 0) : 0);
		return messages
			.filter(({ visibleAt }) => visibleAt <= this.time)
			.toSorted((a, b) => turn(a) - turn(b) || a.visibleAt - b.visibleAt)[0];
	}

	async #start(message: Message, running: Set<Invocation>): Promise<void> {
		const { queue } = message;
		const invocation: Invocation = { wakeAt: Number.POSITIVE_INFINITY, wake() {}, idle: Promise.withResolvers() };
		running.add(invocation);
		message.visibleAt = Number.POSITIVE_INFINITY;
		const ports = this.#slow(queue, invocation);
		const handled = handleMessage(ports, message, {
			concurrency: this.#concurrency,
			delay: async (_, seconds) => {
				message.visibleAt = this.time + seconds;
			},
			send: async (body, group, seconds) => {
				this.deferrals += 1;
				this.#queues.send(queue, body, this.time + seconds, group);
			},
		});
		void handled.then((isDone) => {
			if (isDone) this.#queues.remove(message);
			running.delete(invocation);
			invocation.idle.resolve();
		});
		await invocation.idle.promise;
	}

	/** Lists the people of whom the queue has a message that nobody has received, and the stage has no work. */
	#idlePeople(stage: StageName): string[] {
		const { store } = this.#fakes;
		const from: readonly string[] = stages[stage].from;
		const waiting = this.#queues.messages.flatMap(({ queue, body, visibleAt }) => {
			const age = this.time - visibleAt;
			if (queue !== stage || age < visibleSeconds || age > maxYieldSeconds) return [];
			const stored = store.items.get(itemOf(body));
			return stored?.attempts === 0 && from.includes(stored.item.status) ? [stored.item.userId] : [];
		});
		return waiting.filter((userId) => heldLeases(store, userId, stage) === 0);
	}

	/** Ports whose work takes virtual time, and whose claims are checked. */
	#slow(stage: StageName, invocation: Invocation): Ports {
		const { ports } = this;
		const { store } = this.#fakes;
		let claimed = { userId: "", itemId: "" };
		const sleep = async () => {
			const seconds = this.#seconds(claimed.userId, stage, this.#uploads.get(claimed.itemId)?.nth ?? 0);
			invocation.wakeAt = this.time + seconds;
			await new Promise<void>((wake) => {
				invocation.wake = wake;
				invocation.idle.resolve();
			});
			invocation.wakeAt = Number.POSITIVE_INFINITY;
		};
		return {
			...ports,
			stages: {
				...ports.stages,
				claim: async (userId, itemId, ...rest) => {
					claimed = { userId, itemId };
					const idle = this.#idlePeople(stage).find((person) => person !== userId);
					const claim = await ports.stages.claim(userId, itemId, ...rest);
					const held = heldLeases(store, userId, stage);
					this.maxHeld.set(stage, Math.max(held, this.maxHeld.get(stage) ?? 0));
					if (claim.outcome === "claimed" && idle && held > 1) {
						this.violations.push(
							`${userId} holds ${held} of ${stage} while ${idle} waits with none, at ${this.time} s`,
						);
					}
					return claim;
				},
			},
			images: { ...ports.images, derive: (bytes) => sleep().then(() => ports.images.derive(bytes)) },
			vision: { describe: (request) => sleep().then(() => ports.vision.describe(request)) },
			embedder: { ...ports.embedder, embed: (...args) => sleep().then(() => ports.embedder.embed(...args)) },
		};
	}
}

/** Returns the item that a message is about: S3's own event has it in its key. */
function itemOf(body: string): string {
	const { detail } = JSON.parse(body);
	return detail.item_id ?? parseOriginalKey(detail.object.key)?.itemId ?? "";
}
