import { randomUUID } from "node:crypto";
import type { Context, SQSEvent } from "aws-lambda";
import { deleteItem } from "#core/items/delete-item.ts";
import { uploadItem } from "#core/items/upload-item.ts";
import { analyzeItem } from "#core/pipeline/analyze-item.ts";
import { embedAgain, embedAnalysis } from "#core/pipeline/embed-analysis.ts";
import {
	analysisComplete,
	analysisRequested,
	type EventType,
	embeddingRequested,
	imageProcessed,
	type OutgoingEvent,
} from "#core/pipeline/events.ts";
import { processImage } from "#core/pipeline/process-image.ts";
import { resizeItem } from "#core/pipeline/resize-item.ts";
import {
	type EventSource,
	maxReceiveCount,
	type StageName,
	sourcesOf,
	stageNames,
	stages,
} from "#core/pipeline/stages.ts";
import { sweep } from "#core/pipeline/sweep.ts";
import type { Ports } from "#core/ports/index.ts";
import { fakePorts } from "#fakes/ports.ts";
import { queueHandler } from "#lambda-kit/queue-handler.ts";
import { imageTask } from "#lambdas/image-processor/image-task.ts";
import type { Database } from "#postgres/database.ts";
import { postgresPorts } from "#postgres/ports.ts";
import {
	type Fault,
	type FaultyProcess,
	faultyProcess,
} from "./faulty-ports.ts";
import { type Story, violations, violationsAnyTime } from "./invariants.ts";
import { random } from "./random.ts";
import {
	listed,
	type Snapshot,
	snapshotOfDatabase,
	snapshotOfStore,
} from "./snapshot.ts";

export type QueueName = StageName;
const sweepEverySeconds = 5 * 60;
const maxVirtualHours = 24;

const rules = stageNames.flatMap((queue) =>
	Object.values<EventType | "upload">(stages[queue].rules)
		.filter((event) => event !== "upload")
		.map((type) => ({ queue, type, sources: sourcesOf(type) })),
);

export interface Message {
	id: string;
	queue: QueueName;
	/** What SQS carries: the event as EventBridge writes it. */
	body: string;
	/** On the world's clock, in seconds. */
	visibleAt: number;
	receives: number;
}

/** How unreliable the wires are, in percent; everything follows from the seed. */
export interface FaultProfile {
	seed: number;
	lost?: number;
	duplicated?: number;
	/** Messages come in any order. */
	reordered?: boolean;
	/** Processes that meet some fault. */
	faults?: number;
	/** How many messages are handled at once. @default 1 */
	workers?: number;
}

/** A pipeline in one process: the real handlers and use cases, queues in virtual time, a sweeper every five minutes. */
export class Simulator {
	readonly userId = randomUUID();
	readonly messages: Message[] = [];
	readonly deadLetters: Message[] = [];
	readonly accepted: string[] = [];
	readonly deleted: string[] = [];
	/** What broke between two steps, before everything had ended. */
	readonly broken = new Set<string>();
	readonly modelCalls = new Map<string, number>();
	readonly events = new Map<string, number>();
	/** Ports that work, wired to this world's queues. */
	readonly ports: Ports;
	/** Seconds since it began. */
	time = 0;
	#nextSweep = sweepEverySeconds;
	#uploads = 0;
	readonly #weather: FaultProfile;
	readonly #chance: ReturnType<typeof random>;
	readonly #pass: (seconds: number) => Promise<void>;
	readonly #snapshot: () => Promise<Snapshot>;
	readonly #puts = new Map<string, number>();
	readonly #itemOf = new Map<string, string>();

	/** On fakes, or with its rows in a database. */
	constructor(db: Database | null = null, weather: FaultProfile = { seed: 1 }) {
		this.#weather = weather;
		this.#chance = random(weather.seed);
		const fakes = fakePorts();
		const objects = listed(fakes.objects);
		this.ports = {
			...fakes,
			...(db ? postgresPorts(db) : {}),
			clock: db ? { now: () => new Date() } : fakes.clock,
			objects: {
				...objects,
				put: async (key, bytes, contentType) => {
					await objects.put(key, bytes, contentType);
					if (key.startsWith("originals/")) this.#announceObject(key);
				},
			},
			events: {
				publish: async (source, events) => {
					for (const event of events) this.#route(source, event);
				},
			},
			vision: {
				describe: (request) => {
					const itemId = this.#itemOf.get(request.originalFilename) ?? "";
					this.#count(this.modelCalls, itemId);
					return fakes.vision.describe(request);
				},
			},
		};
		this.#pass = db
			? (seconds) => letTimePass(db, this.userId, seconds)
			: async (seconds) => fakes.clock.advance(seconds);
		this.#snapshot = async () => {
			const keys = objects.keys();
			return db
				? snapshotOfDatabase(db, keys, [this.userId])
				: snapshotOfStore(fakes.store, keys);
		};
	}

	snapshot(): Promise<Snapshot> {
		return this.#snapshot();
	}

	/** A file no other upload has. */
	newFile(): { filename: string; bytes: Uint8Array } {
		const word = `picture${++this.#uploads}`;
		const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
		return {
			filename: `${word}.png`,
			bytes: new Uint8Array([...signature, ...Buffer.from(` ${word} text `)]),
		};
	}

	/** Uploads a file, and learns the item's id also where the answer is lost. */
	async upload(
		file = this.newFile(),
		ports: Pick<Ports, "items" | "objects"> = this.ports,
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
							this.#itemOf.set(file.filename, answer.item.id);
							return answer;
						};
					},
				}),
			},
			this.userId,
			file,
		);
		this.accepted.push(stored.item.id);
		return stored.item.id;
	}

	async delete(itemId: string, ports: Ports = this.ports): Promise<void> {
		await deleteItem(ports, this.userId, itemId);
		this.deleted.push(itemId);
	}

	process(fault: Fault | null = null, itemId?: string): FaultyProcess<Ports> {
		return faultyProcess(this.ports, fault, async () => {
			if (itemId && (await this.ports.items.find(this.userId, itemId))) {
				await this.delete(itemId);
			}
		});
	}

	/** The stage's function handles a message, as Lambda has it do; what SQS then does with the message happens, too. */
	async deliver(
		message: Message,
		process: FaultyProcess<Ports> = this.process(),
	): Promise<"ended" | "died" | "frozen"> {
		if (message.receives >= maxReceiveCount) {
			// Kept for a person; the item is the sweeper's.
			this.#remove(message);
			this.deadLetters.push(message);
			return "ended";
		}
		const timeout = stages[message.queue].timeout;
		const visibility = 6 * timeout;
		message.receives += 1;
		message.visibleAt = this.time + visibility;
		let delayed = visibility;
		return process.run(async (ports) => {
			const handle = handlers[message.queue](ports, async (_, seconds) => {
				delayed = seconds;
			});
			const { batchItemFailures } = await handle(sqsEvent(message), {
				awsRequestId: randomUUID(),
				getRemainingTimeInMillis: () => timeout * 1000,
			} as Context);
			if (batchItemFailures.length === 0) this.#remove(message);
			else message.visibleAt = this.time + delayed;
		});
	}

	/** Takes the next message off a queue's head without handling it. */
	async reach(queue: QueueName): Promise<Message> {
		for (;;) {
			const next = this.messages[0];
			if (!next) throw new Error(`No message for ${queue} ever came.`);
			if (next.queue === queue) return next;
			await this.deliver(next);
		}
	}

	sweep(process: FaultyProcess<Ports> = this.process()) {
		return process.run((ports) => sweep(ports));
	}

	async pass(seconds: number): Promise<void> {
		this.time += seconds;
		await this.#pass(seconds);
	}

	/** Handles messages, lets time pass and sweeps until everything has ended, or until nothing ever will. */
	async drain(maxSeconds = maxVirtualHours * 3600): Promise<void> {
		const end = this.time + maxSeconds;
		while (this.time < end) {
			const visible = this.messages.filter(
				({ visibleAt }) => visibleAt <= this.time,
			);
			const { reordered, workers = 1 } = this.#weather;
			const next = Array.from(
				{ length: Math.min(workers, visible.length) },
				() =>
					visible.splice(reordered ? this.#chance.below(visible.length) : 0, 1),
			).flat();
			if (next.length > 0) {
				await Promise.all(
					next.map((message) =>
						this.deliver(message, this.process(this.#randomFault())),
					),
				);
				await this.watch();
				continue;
			}
			if (this.messages.length === 0) {
				const open = await this.#stillOpen();
				if (!open) return;
				// Tombstones stay for hours in which nothing else happens: fewer sweeps tell as much.
				if (open === "tombstones") this.#nextSweep += sweepEverySeconds * 5;
			}
			const soonest = Math.min(
				this.#nextSweep,
				...this.messages.map(({ visibleAt }) => visibleAt),
			);
			await this.pass(Math.max(1, Math.min(soonest, end) - this.time));
			if (this.time >= this.#nextSweep) {
				this.#nextSweep = this.time + sweepEverySeconds;
				await this.sweep(this.process(this.#randomFault()));
			}
		}
	}

	/** Drains and asks the oracle; also whether anything stirs once everything has ended. */
	async judge(more: Partial<Story> = {}): Promise<string[]> {
		await this.drain();
		const before = sum(this.events);
		for (let sweeps = 0; sweeps < 3; sweeps++) {
			await this.pass(3600);
			await this.sweep();
		}
		const late = sum(this.events) - before;
		const atRest = violations(await this.snapshot(), {
			accepted: this.accepted,
			deleted: this.deleted,
			modelCalls: this.modelCalls,
			events: this.events,
			lateEvents: late > 0 ? [`${late} events`] : [],
			...more,
		});
		return [...this.broken, ...atRest];
	}

	async watch(): Promise<void> {
		for (const what of violationsAnyTime(await this.snapshot())) {
			this.broken.add(`${what}, after ${this.time} s`);
		}
	}

	async #stillOpen(): Promise<"items" | "tombstones" | null> {
		const { items, outbox, requests, tombstones } = await this.snapshot();
		const isAtRest =
			items.every(({ status }) => status === "ready" || status === "failed") &&
			outbox.length === 0 &&
			requests.every(({ status }) => status !== "pending");
		if (!isAtRest) return "items";
		return tombstones.length > 0 ? "tombstones" : null;
	}

	#randomFault(): Fault | null {
		const { faults = 0 } = this.#weather;
		if (!this.#chance.percent(faults)) return null;
		const kinds = [
			"killed before",
			"killed after",
			"refused before",
			"answer lost after",
		] as const;
		const kind = kinds[this.#chance.below(kinds.length)] ?? "killed before";
		return { kind, at: this.#chance.below(9) };
	}

	#announceObject(key: string): void {
		this.#count(this.#puts, key);
		this.#send("process", {
			source: "aws.s3",
			"detail-type": "Object Created",
			detail: {
				bucket: { name: this.ports.objects.bucket },
				// As the fake bucket numbers its versions.
				object: { key, "version-id": String(this.#puts.get(key)) },
			},
		});
	}

	#route(source: EventSource, { type, detail }: OutgoingEvent): void {
		// A sweeper finds what earlier worlds left in the same database, too; their buckets and queues are gone.
		if (detail.user_id !== this.userId) return;
		this.#count(this.events, detail.item_id);
		for (const rule of rules) {
			if (rule.type !== type || !rule.sources.includes(source)) continue;
			this.#send(rule.queue, { source, "detail-type": type, detail });
		}
	}

	#send(queue: QueueName, event: object): void {
		const { lost = 0, duplicated = 0 } = this.#weather;
		if (this.#chance.percent(lost)) return;
		const copies = this.#chance.percent(duplicated) ? 2 : 1;
		for (let copy = 0; copy < copies; copy++) {
			this.messages.push({
				id: randomUUID(),
				queue,
				body: JSON.stringify(event),
				visibleAt: this.time,
				receives: 0,
			});
		}
	}

	#remove(message: Message): void {
		const at = this.messages.indexOf(message);
		if (at >= 0) this.messages.splice(at, 1);
	}

	#count(counts: Map<string, number>, id: string): void {
		counts.set(id, (counts.get(id) ?? 0) + 1);
	}
}

type Handler = ReturnType<typeof queueHandler>;
type Delay = (receiptHandle: string, seconds: number) => Promise<void>;

/** As each function's handler.ts wires them. */
const handlers: Record<QueueName, (ports: Ports, delay: Delay) => Handler> = {
	process: (ports, delay) =>
		queueHandler(
			"process",
			(event) => imageTask(event, ports.objects.bucket),
			(task, options) =>
				"request_id" in task
					? resizeItem(ports, task, options)
					: processImage(ports, task, options),
			delay,
		),
	analyze: (ports, delay) =>
		queueHandler(
			"analyze",
			({ "detail-type": type, detail }) =>
				type === "AnalysisRequested"
					? analysisRequested.parse(detail)
					: imageProcessed.parse(detail),
			(event, options) => analyzeItem(ports, event, options),
			delay,
		),
	embed: (ports, delay) =>
		queueHandler(
			"embed",
			({ "detail-type": type, detail }) =>
				type === "EmbeddingRequested"
					? embeddingRequested.parse(detail)
					: analysisComplete.parse(detail),
			(event, options) =>
				"request_id" in event
					? embedAgain(ports, event, options)
					: embedAnalysis(ports, event, options),
			delay,
		),
};

function sqsEvent({ id, body, receives }: Message): SQSEvent {
	return {
		Records: [
			{
				messageId: id,
				receiptHandle: id,
				body,
				attributes: { ApproximateReceiveCount: String(receives) },
			},
		],
	} as unknown as SQSEvent;
}

/** The database has a clock of its own: instead of it, all that is remembered grows older. */
async function letTimePass(
	db: Database,
	userId: string,
	seconds: number,
): Promise<void> {
	const columns = {
		items: ["lease_expires_at", "stage_at", "swept_at", "created_at"],
		requests: ["touched_at", "swept_at", "created_at", "finished_at"],
		outbox: ["created_at"],
		tombstones: ["deleted_at"],
	};
	for (const [table, names] of Object.entries(columns)) {
		const older = names
			.map((name) => `${name} = ${name} - make_interval(secs => $2)`)
			.join();
		await db.query(`update ${table} set ${older} where user_id = $1`, [
			userId,
			seconds,
		]);
	}
}

function sum(counts: Map<string, number>): number {
	return [...counts.values()].reduce((one, other) => one + other, 0);
}
