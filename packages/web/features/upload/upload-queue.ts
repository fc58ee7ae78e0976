import type { components } from "#client/src/api-types.ts";

type Schemas = components["schemas"];
type Announced = Schemas["AnnouncedFile"];
type Answer = Schemas["Uploads"]["uploads"][number];
type Form = Schemas["UploadForm"];

export type UploadState =
	/** Its turn has not come. */
	| "waiting"
	| "sending"
	/** All bytes are in storage; the pipeline works on the item. */
	| "stored"
	/** The collection has the same bytes already. */
	| "known"
	| "failed";

export interface Upload {
	key: string;
	name: string;
	size: number;
	state: UploadState;
	/** Bytes. */
	sent: number;
	itemId: string | null;
	/** The sentence that says why it failed. */
	failure: string | null;
}

export interface QueueSnapshot {
	uploads: readonly Upload[];
	isPaused: boolean;
}

/** A file that waits in the browser's database, so that it survives a reload. */
export interface KeptFile {
	key: string;
	file: File;
}

export interface QueuePorts {
	/** Answers for each file what it alone would be answered, in order. */
	announce(files: Announced[]): Promise<Answer[]>;
	/** @throws where storage did not take all bytes, or the signal ended it */
	send(form: Form, file: File, onProgress: (sent: number) => void, signal: AbortSignal): Promise<void>;
	sha256(file: File): Promise<string>;
	keep(file: KeptFile): Promise<void>;
	forget(key: string): Promise<void>;
	kept(): Promise<KeptFile[]>;
	sleep(ms: number): Promise<void>;
	/** The sentence for a failure of the network. */
	describe(error: Error): string;
}

const filesPerAnnouncement = 50;
const concurrentSends = 4;
/** The pipeline works off pending uploads meanwhile. */
const fullPauseMs = 10_000;
const retryMs = [1_000, 4_000, 15_000];

/** Sends files straight to storage, announced many at a time; one that fails does not hold up the others. */
export class UploadQueue {
	readonly #ports: QueuePorts;
	#files = new Map<string, File>();
	readonly #listeners = new Set<() => void>();
	#snapshot: QueueSnapshot = { uploads: [], isPaused: false };
	#running: Promise<void> | null = null;
	#stop = new AbortController();

	constructor(ports: QueuePorts) {
		this.#ports = ports;
	}

	readonly subscribe = (listener: () => void): (() => void) => {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	};

	readonly snapshot = (): QueueSnapshot => this.#snapshot;

	/** Takes up what a reload interrupted. */
	async restore(): Promise<void> {
		const kept = await this.#ports.kept();
		this.#enqueue(kept.filter(({ key }) => !this.#files.has(key)));
	}

	/** Ends the work of a person who signs out: nothing of theirs is shown, or sent for the next one. What waits stays kept. */
	leave(): void {
		this.#stop.abort();
		this.#files = new Map();
		this.#set({ uploads: [], isPaused: false });
	}

	async add(files: readonly File[]): Promise<void> {
		const kept = files.map((file) => ({ key: crypto.randomUUID(), file }));
		this.#enqueue(kept);
		const waiting = this.#files;
		// A full disk must not keep the upload from running now.
		await Promise.all(kept.map((file) => this.#ports.keep(file).catch(() => undefined)));
		// One that ended before it was kept would come back after a reload.
		for (const { key } of kept) {
			if (!waiting.has(key)) await this.#ports.forget(key);
		}
	}

	pause(): void {
		this.#set({ isPaused: true });
		this.#stop.abort();
	}

	resume(): void {
		this.#set({ isPaused: false });
		this.#run();
	}

	retry(key: string): void {
		this.#update(key, { state: "waiting", failure: null, sent: 0 });
		this.#run();
	}

	/** Removes what is over, or one upload whatever its state. */
	clear(key?: string): void {
		const removed = this.#snapshot.uploads.filter((upload) =>
			key ? upload.key === key : upload.state === "stored" || upload.state === "known" || upload.state === "failed",
		);
		for (const upload of removed) this.#release(upload.key);
		this.#set({ uploads: this.#snapshot.uploads.filter((upload) => !removed.includes(upload)) });
	}

	/** Resolves when nothing is left to send, or the queue is paused. */
	async idle(): Promise<void> {
		while (this.#running) await this.#running;
	}

	#enqueue(files: readonly KeptFile[]): void {
		for (const { key, file } of files) this.#files.set(key, file);
		const uploads = files.map(
			({ key, file }): Upload => ({
				key,
				name: file.name,
				size: file.size,
				state: "waiting",
				sent: 0,
				itemId: null,
				failure: null,
			}),
		);
		this.#set({ uploads: [...this.#snapshot.uploads, ...uploads] });
		this.#run();
	}

	#run(): void {
		if (this.#running || this.#snapshot.isPaused) return;
		this.#stop = new AbortController();
		this.#running = this.#work().finally(() => {
			this.#running = null;
			if (!this.#snapshot.isPaused && this.#next().length > 0) this.#run();
		});
	}

	#next(): Upload[] {
		return this.#snapshot.uploads.filter(({ state }) => state === "waiting").slice(0, filesPerAnnouncement);
	}

	async #work(): Promise<void> {
		for (let failures = 0; !this.#stop.signal.aborted; ) {
			const part = this.#next();
			if (part.length === 0) return;
			try {
				const isFull = await this.#sendPart(part);
				failures = 0;
				if (isFull) await this.#ports.sleep(fullPauseMs);
			} catch (error) {
				const wait = retryMs[failures++];
				if (wait === undefined) return this.#failAll(part, error as Error);
				await this.#ports.sleep(wait);
			}
		}
	}

	/** @returns true if the person has too many pending uploads and the rest must wait */
	async #sendPart(part: readonly Upload[]): Promise<boolean> {
		const files = await Promise.all(part.map(({ key }) => this.#announcement(key)));
		// Whoever is signed in now may be somebody else.
		if (this.#stop.signal.aborted) return false;
		const answers = await this.#ports.announce(files);
		let isFull = false;
		const forms: { key: string; form: Form }[] = [];
		part.forEach(({ key }, at) => {
			const answer = answers[at];
			if (!answer) return;
			if ("code" in answer) {
				if (answer.code === "too_many_pending") isFull = true;
				else this.#end(key, { state: "failed", failure: answer.detail });
			} else if ("id" in answer) this.#end(key, { state: "known", itemId: answer.id });
			else forms.push({ key, form: answer });
		});
		const waiting = forms.values();
		await Promise.all(
			Array.from({ length: concurrentSends }, async () => {
				for (const { key, form } of waiting) await this.#sendOne(key, form);
			}),
		);
		return isFull;
	}

	async #announcement(key: string): Promise<Announced> {
		const file = this.#file(key);
		return {
			filename: file.name,
			content_type: file.type as Announced["content_type"],
			size: file.size,
			sha256: await this.#ports.sha256(file),
		};
	}

	async #sendOne(key: string, form: Form): Promise<void> {
		const file = this.#files.get(key);
		if (!file) return;
		for (const wait of [...retryMs, null]) {
			// The next announcement gives it another form.
			if (this.#stop.signal.aborted) return this.#update(key, { state: "waiting", sent: 0 });
			this.#update(key, { state: "sending", sent: 0 });
			try {
				await this.#ports.send(form, file, (sent) => this.#update(key, { sent }), this.#stop.signal);
				return this.#end(key, { state: "stored", sent: file.size, itemId: form.item_id });
			} catch (error) {
				if (this.#stop.signal.aborted) return this.#update(key, { state: "waiting", sent: 0 });
				if (wait === null) {
					this.#update(key, { state: "failed", failure: this.#ports.describe(error as Error) });
					return;
				}
				await this.#ports.sleep(wait);
			}
		}
	}

	#failAll(part: readonly Upload[], error: Error): void {
		for (const { key } of part) this.#update(key, { state: "failed", failure: this.#ports.describe(error) });
	}

	#end(key: string, change: Partial<Upload>): void {
		this.#update(key, change);
		this.#release(key);
	}

	#release(key: string): void {
		this.#files.delete(key);
		void this.#ports.forget(key).catch(() => undefined);
	}

	#file(key: string): File {
		const file = this.#files.get(key);
		if (!file) throw new Error(`The upload ${key} has no file.`);
		return file;
	}

	#update(key: string, change: Partial<Upload>): void {
		this.#set({
			uploads: this.#snapshot.uploads.map((upload) => (upload.key === key ? { ...upload, ...change } : upload)),
		});
	}

	#set(change: Partial<QueueSnapshot>): void {
		this.#snapshot = { ...this.#snapshot, ...change };
		for (const listener of this.#listeners) listener();
	}
}
