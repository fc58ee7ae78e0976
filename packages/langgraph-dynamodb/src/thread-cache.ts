import { ThreadGone } from "./errors.ts";
import type { Manifest } from "./manifest.ts";
import type { Sessions, ThreadRef } from "./sessions.ts";

interface CachedThread {
	/** Valid without a request until `freshUntil`. */
	session: Promise<ThreadRef> | undefined;
	/** True once the application has refreshed the session for the turn that begins next. */
	isRefreshed: boolean;
	generation: string | undefined;
	freshUntil: number;
	/** By namespace and checkpoint, the latest last. */
	manifests: Map<string, Manifest>;
	/** By namespace: settles with the last checkpoint write. */
	lastWrites: Map<string, Promise<unknown>>;
}

const maxThreads = 100;
const maxManifests = 32;

/** Keeps sessions and manifests between the calls of one saver, so that a step does not read what the previous step wrote. */
export class ThreadCache {
	readonly #sessions: Sessions;
	readonly #now: () => number;
	readonly #threads = new Map<string, CachedThread>();

	constructor(sessions: Sessions, now: () => number) {
		this.#sessions = sessions;
		this.#now = now;
	}

	/**
	 * Returns the session to write to. Refreshes it when a turn begins, and then once a minute if a thread lives
	 * four hours.
	 * @param mustExist whether the write continues a thread: one that was created again does not count
	 * @throws ThreadGone
	 */
	session(
		threadId: string,
		{ mustExist, turnBegins }: { mustExist: boolean; turnBegins: boolean },
	): Promise<ThreadRef> {
		const thread = this.#thread(threadId);
		const { isRefreshed } = thread;
		if (turnBegins) thread.isRefreshed = false;
		if (thread.session && (isRefreshed || !turnBegins) && this.#now() < thread.freshUntil) {
			return thread.session;
		}
		const opening = this.#open(threadId, mustExist, thread.generation);
		thread.session = opening;
		thread.freshUntil = this.#freshUntil;
		opening.then(
			({ generation }) => {
				thread.generation = generation;
			},
			() => this.evict(threadId),
		);
		return opening;
	}

	/** Records a session that was just refreshed: its next turn neither reads nor refreshes it. */
	setRefreshed(thread: ThreadRef): void {
		Object.assign(this.#thread(thread.threadId), {
			session: Promise.resolve(thread),
			generation: thread.generation,
			isRefreshed: true,
			freshUntil: this.#freshUntil,
		} satisfies Partial<CachedThread>);
	}

	/** Returns the session that `setRefreshed` recorded, until its turn begins. */
	refreshedSession(threadId: string): Promise<ThreadRef> | undefined {
		const { isRefreshed, session, freshUntil } = this.#thread(threadId);
		return isRefreshed && this.#now() < freshUntil ? session : undefined;
	}

	/** Records the session that was read, undefined if there is none. */
	observe(threadId: string, session: ThreadRef | undefined): void {
		const thread = this.#thread(threadId);
		if (thread.generation === session?.generation) return;
		thread.session = undefined;
		thread.generation = session?.generation;
	}

	/** Returns whether this saver has read or written the thread, so that its writes continue it. */
	has(threadId: string): boolean {
		return this.#thread(threadId).generation !== undefined;
	}

	evict(threadId: string): void {
		this.#threads.delete(threadId);
	}

	/** Returns the manifest of a checkpoint that this saver has read or written lately. */
	manifest({ threadId, generation }: ThreadRef, ns: string, id: string): Manifest | undefined {
		return this.#thread(threadId).manifests.get(manifestKey(generation, ns, id));
	}

	/** Returns all cached manifests of a namespace, the latest first. */
	manifests({ threadId, generation }: ThreadRef, ns: string): Manifest[] {
		const prefix = manifestKey(generation, ns);
		return [...this.#thread(threadId).manifests]
			.filter(([key]) => key.startsWith(prefix))
			.map(([, manifest]) => manifest)
			.reverse();
	}

	setManifest({ threadId, generation }: ThreadRef, ns: string, id: string, manifest: Manifest): void {
		const { manifests } = this.#thread(threadId);
		const key = manifestKey(generation, ns, id);
		manifests.delete(key);
		manifests.set(key, manifest);
		evictOldest(manifests, maxManifests);
	}

	/** Runs the checkpoint writes of a namespace one after another, in the order of the calls. */
	runInOrder<Result>(threadId: string, ns: string, write: () => Promise<Result>): Promise<Result> {
		const { lastWrites } = this.#thread(threadId);
		const previous = lastWrites.get(ns) ?? Promise.resolve();
		const running = previous.then(write, write);
		const settled = running.then(
			() => {},
			// The caller of the write gets its error.
			() => {},
		);
		lastWrites.set(ns, settled);
		settled.then(() => {
			if (lastWrites.get(ns) === settled) lastWrites.delete(ns);
		});
		return running;
	}

	async #open(threadId: string, mustExist: boolean, generation: string | undefined): Promise<ThreadRef> {
		const session = mustExist
			? await this.#sessions.refresh(threadId, generation)
			: ((await this.#sessions.create(threadId)) ?? (await this.#sessions.refresh(threadId)));
		if (!session) throw new ThreadGone(threadId);
		return session;
	}

	get #freshUntil(): number {
		return this.#now() + (this.#sessions.ttlSeconds * 1_000) / 240;
	}

	#thread(threadId: string): CachedThread {
		const thread = this.#threads.get(threadId) ?? {
			session: undefined,
			isRefreshed: false,
			generation: undefined,
			freshUntil: 0,
			manifests: new Map(),
			lastWrites: new Map(),
		};
		this.#threads.delete(threadId);
		this.#threads.set(threadId, thread);
		evictOldest(this.#threads, maxThreads);
		return thread;
	}
}

/** A JSON array without its closing bracket, so that the key without an id is a prefix of those with one. */
const manifestKey = (...parts: [generation: string, ns: string, id?: string]) =>
	`${JSON.stringify(parts).slice(0, -1)},`;

function evictOldest(map: Map<string, unknown>, maxSize: number): void {
	const [oldest] = map.keys();
	if (map.size > maxSize && oldest !== undefined) map.delete(oldest);
}
