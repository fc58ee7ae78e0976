import { randomUUID } from "node:crypto";
import { deleteItem } from "#core/items/delete-item.ts";
import { uploadItem } from "#core/items/upload-item.ts";
import type { OutgoingEvent } from "#core/pipeline/events.ts";
import { type EventSource, maxReceiveCount, type StageName, stages } from "#core/pipeline/stages.ts";
import { sweep } from "#core/pipeline/sweep.ts";
import type { Ports } from "#core/ports/index.ts";
import { etagOf } from "#fakes/objects.ts";
import { fakePorts } from "#fakes/ports.ts";
import type { Database } from "#postgres/database.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { ageRows } from "./database-clock.ts";
import { type FaultProfile, randomFault } from "./fault-profile.ts";
import { type Fault, type FaultyProcess, faultyProcess } from "./faulty-ports.ts";
import { type RunRecord, violationsAtAnyTime, violationsAtRest } from "./invariants.ts";
import { type Message, MessageQueues } from "./message-queues.ts";
import { type Random, random } from "./random.ts";
import { listableObjects, type Snapshot, snapshotOfDatabase, snapshotOfStore } from "./snapshot.ts";
import { handleMessage } from "./stage-functions.ts";

const sweepEverySeconds = 5 * 60;
const maxVirtualHours = 24;

/** The ports, and the call by which a function puts off a message, so that faults meet it, too. */
export interface SimulatedPorts extends Ports {
	queues: { send(queue: StageName, body: string, group: string, seconds: number): Promise<void> };
}

/** A pipeline in one process: the real handlers and use cases, queues in virtual time, a sweeper every five minutes. */
export class Simulator {
	readonly userId = randomUUID();
	/** Another person, of whom work may wait. */
	readonly otherUserId = randomUUID();
	readonly accepted: string[] = [];
	readonly deleted: string[] = [];
	/** Violations between two steps, before everything had ended. */
	readonly violations = new Set<string>();
	readonly modelCalls = new Map<string, number>();
	readonly events = new Map<string, number>();
	/** Ports without faults, wired to this simulator's queues. */
	readonly ports: SimulatedPorts;
	/** Virtual seconds since the start. */
	time = 0;
	#nextSweep = sweepEverySeconds;
	#uploads = 0;
	readonly #faultProfile: FaultProfile;
	readonly #chance: Random;
	readonly #queues: MessageQueues;
	readonly #advanceClock: (seconds: number) => Promise<void>;
	readonly #snapshot: () => Promise<Snapshot>;
	readonly #puts = new Map<string, number>();
	readonly #itemByFilename = new Map<string, string>();

	/** Keeps its rows in the database, or in fakes where `db` is null. */
	constructor(db: Database | null = null, faultProfile: FaultProfile = { seed: 1 }) {
		this.#faultProfile = faultProfile;
		this.#chance = random(faultProfile.seed);
		this.#queues = new MessageQueues(faultProfile, this.#chance);
		const fakes = fakePorts();
		const objects = listableObjects(fakes.objects);
		this.ports = {
			...fakes,
			...(db ? postgresPorts(db) : {}),
			clock: db ? { now: () => new Date() } : fakes.clock,
			objects: {
				...objects,
				put: async (key, bytes, contentType) => {
					await objects.put(key, bytes, contentType);
					if (key.startsWith("originals/")) this.#announceObject(key, bytes);
				},
			},
			queues: {
				send: async (queue, body, group, seconds) => this.#queues.send(queue, body, this.time + seconds, group),
			},
			events: {
				publish: async (source, events) => {
					// Stages publish nothing of jobs.
					for (const event of events as OutgoingEvent[]) this.#route(source, event);
				},
			},
			vision: {
				describe: (request) => {
					const itemId = this.#itemByFilename.get(request.originalFilename) ?? "";
					this.#count(this.modelCalls, itemId);
					return fakes.vision.describe(request);
				},
			},
		};
		this.#advanceClock = db
			? (seconds) => ageRows(db, this.#userIds, seconds)
			: async (seconds) => fakes.clock.advance(seconds);
		this.#snapshot = async () => {
			const keys = objects.keys();
			return db ? snapshotOfDatabase(db, keys, this.#userIds) : snapshotOfStore(fakes.store, keys);
		};
	}

	get #userIds(): string[] {
		return [this.userId, this.otherUserId];
	}

	/** Messages on all queues, visible or not. */
	get messages(): Message[] {
		return this.#queues.messages;
	}

	snapshot(): Promise<Snapshot> {
		return this.#snapshot();
	}

	/** A file that no other upload has. */
	newFile(): { filename: string; bytes: Uint8Array } {
		const word = `picture${++this.#uploads}`;
		const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
		return {
			filename: `${word}.png`,
			bytes: new Uint8Array([...signature, ...Buffer.from(` ${word} text `)]),
		};
	}

	/** Uploads a file. Learns the item's id also where the answer is lost. */
	async upload(
		file = this.newFile(),
		ports: Pick<Ports, "items" | "objects"> = this.ports,
		userId = this.userId,
	): Promise<string> {
		const { items } = ports;
		const stored = await uploadItem(
			{
				...ports,
				items: new Proxy(items, {
					get: (target, name) => {
						const member = Reflect.get(target, name);
						if (name !== "create") return member;
						return async (item: Parameters<typeof items.create>[0]) => {
							const answer = await items.create(item);
							this.#itemByFilename.set(file.filename, answer.item.id);
							return answer;
						};
					},
				}),
			},
			userId,
			file,
		);
		this.accepted.push(stored.item.id);
		return stored.item.id;
	}

	async delete(itemId: string, ports: Ports = this.ports): Promise<void> {
		await deleteItem(ports, this.userId, itemId);
		this.deleted.push(itemId);
	}

	process(fault: Fault | null = null, itemId?: string): FaultyProcess<SimulatedPorts> {
		return faultyProcess(this.ports, fault, async () => {
			if (itemId && (await this.ports.items.find(this.userId, itemId))) {
				await this.delete(itemId);
			}
		});
	}

	/** Has the stage's function handle a message, and treats the message as SQS does afterwards. */
	async deliver(
		message: Message,
		process: FaultyProcess<SimulatedPorts> = this.process(),
	): Promise<"ended" | "died" | "frozen"> {
		if (message.receives >= maxReceiveCount) {
			this.#queues.giveUp(message);
			return "ended";
		}
		const visibility = 6 * stages[message.queue].timeout;
		message.receives += 1;
		message.visibleAt = this.time + visibility;
		let delay = visibility;
		return process.run(async (ports) => {
			const isDone = await handleMessage(ports, message, {
				concurrency: stages[message.queue].concurrency,
				delay: async (_, seconds) => {
					delay = seconds;
				},
				send: (body, group, seconds) => ports.queues.send(message.queue, body, group, seconds),
			});
			if (isDone) this.#queues.remove(message);
			else message.visibleAt = this.time + delay;
		});
	}

	/** Delivers messages until the first one is for this queue. @returns that one, not yet delivered */
	async deliverUntil(queue: StageName): Promise<Message> {
		for (;;) {
			const next = this.messages[0];
			if (!next) throw new Error(`No message for ${queue} ever came.`);
			if (next.queue === queue) return next;
			await this.deliver(next);
		}
	}

	sweep(process: FaultyProcess<SimulatedPorts> = this.process()) {
		return process.run((ports) => sweep(ports));
	}

	async advance(seconds: number): Promise<void> {
		this.time += seconds;
		await this.#advanceClock(seconds);
	}

	/** Delivers messages, advances the clock and sweeps until everything has ended, or for at most this time. */
	async drain(maxSeconds = maxVirtualHours * 3600): Promise<void> {
		const end = this.time + maxSeconds;
		while (this.time < end) {
			const next = this.#queues.receive(this.time);
			if (next.length > 0) {
				await Promise.all(next.map((message) => this.deliver(message, this.#faultyProcess())));
				await this.checkInvariants();
				continue;
			}
			if (this.messages.length === 0) {
				const open = await this.#findOpen();
				if (!open) return;
				// Only tombstones are left, for hours: fewer sweeps find the same.
				if (open === "tombstones") this.#nextSweep += sweepEverySeconds * 5;
			}
			const nextEvent = Math.min(this.#nextSweep, ...this.messages.map(({ visibleAt }) => visibleAt));
			await this.advance(Math.max(1, Math.min(nextEvent, end) - this.time));
			if (this.time >= this.#nextSweep) {
				this.#nextSweep = this.time + sweepEverySeconds;
				await this.sweep(this.#faultyProcess());
			}
		}
	}

	/** Drains and returns the violations of the invariants, events that come after everything had ended included. */
	async verify(more: Partial<RunRecord> = {}): Promise<string[]> {
		await this.drain();
		const before = sum(this.events);
		for (let sweeps = 0; sweeps < 3; sweeps++) {
			await this.advance(3600);
			await this.sweep();
		}
		const late = sum(this.events) - before;
		const atRest = violationsAtRest(await this.snapshot(), {
			accepted: this.accepted,
			deleted: this.deleted,
			modelCalls: this.modelCalls,
			events: this.events,
			lateEvents: late > 0 ? [`${late} events`] : [],
			...more,
		});
		return [...this.violations, ...atRest];
	}

	async checkInvariants(): Promise<void> {
		for (const text of violationsAtAnyTime(await this.snapshot())) {
			this.violations.add(`${text}, after ${this.time} s`);
		}
	}

	async #findOpen(): Promise<"items" | "tombstones" | null> {
		const { items, outbox, requests, tombstones } = await this.snapshot();
		const isAtRest =
			items.every(({ status }) => status === "ready" || status === "failed") &&
			outbox.length === 0 &&
			requests.every(({ status }) => status !== "pending");
		if (!isAtRest) return "items";
		return tombstones.length > 0 ? "tombstones" : null;
	}

	#faultyProcess(): FaultyProcess<SimulatedPorts> {
		return this.process(randomFault(this.#faultProfile, this.#chance));
	}

	#announceObject(key: string, bytes: Uint8Array): void {
		this.#count(this.#puts, key);
		const event = {
			source: "aws.s3",
			"detail-type": "Object Created",
			detail: {
				bucket: { name: this.ports.objects.bucket },
				// The fake bucket numbers its versions.
				object: { key, etag: etagOf(bytes), "version-id": String(this.#puts.get(key)) },
			},
		};
		this.#queues.deliver("process", event, this.time, key);
	}

	#route(source: EventSource, event: OutgoingEvent): void {
		// The sweeper also finds items of earlier simulators in the same database, whose buckets and queues are gone.
		if (!this.#userIds.includes(event.detail.user_id)) return;
		this.#count(this.events, event.detail.item_id);
		this.#queues.route(source, event, this.time);
	}

	#count(counts: Map<string, number>, id: string): void {
		counts.set(id, (counts.get(id) ?? 0) + 1);
	}
}

function sum(counts: Map<string, number>): number {
	return [...counts.values()].reduce((total, count) => total + count, 0);
}
