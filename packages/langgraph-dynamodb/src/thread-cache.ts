import { ThreadGone } from "./errors.ts";
import type { Manifest } from "./manifest.ts";
import type { Sessions, ThreadRef } from "./sessions.ts";

interface CachedThread {
	/** Known without asking until `freshUntil`. */
	session: Promise<ThreadRef> | undefined;
	/** Whether the application has refreshed it for the turn that begins next. */
	wasRefreshed: boolean;
	generation: string | undefined;
	freshUntil: number;
	/** By namespace and checkpoint, the latest last. */
	manifests: Map<string, Manifest>;
	/** The end of the last write of a checkpoint, by namespace. */
	lastWrites: Map<string, Promise<unknown>>;
}

const maxThreads = 100;
const maxManifests = 32;

/** What one saver remembers of threads between its calls, so that a step need not read what the step before wrote. */
export class ThreadCache {
	readonly #sessions: Sessions;
	readonly #now: () => number;
	readonly #threads = new Map<string, CachedThread>();

	constructor(sessions: Sessions, now: () => number) {
		this.#sessions = sessions;
		this.#now = now;
	}

	/**
	 * The session to write to, refreshed when a turn begins and then once in a minute of four hours.
	 * @param mustExist the write continues something: a thread begun anew does not have it
	 * @throws ThreadGone
	 */
	session(
		threadId: string,
		{ mustExist, turnBegins }: { mustExist: boolean; turnBegins: boolean },
	): Promise<ThreadRef> {
		const thread = this.#thread(threadId);
		const { wasRefreshed: refreshedSession } = thread;
		if (turnBegins) thread.wasRefreshed = false;
		if (
			thread.session &&
			(refreshedSession || !turnBegins) &&
			this.#now() < thread.freshUntil
		) {
			return thread.session;
		}
		const opening = this.#openSession(threadId, mustExist, thread.generation);
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

	/** Takes the session as refreshed by now: the turn that begins next neither reads nor refreshes it. */
	setRefreshed(life: ThreadRef): void {
		Object.assign(this.#thread(life.threadId), {
			session: Promise.resolve(life),
			generation: life.generation,
			wasRefreshed: true,
			freshUntil: this.#freshUntil,
		} satisfies Partial<CachedThread>);
	}

	/** The session that was given for the turn that begins next. */
	given(threadId: string): Promise<ThreadRef> | undefined {
		const { wasRefreshed: given, session, freshUntil } = this.#thread(threadId);
		return given && this.#now() < freshUntil ? session : undefined;
	}

	/** Takes note of the session that was read, or that there is none. */
	observe(threadId: string, session: ThreadRef | undefined): void {
		const thread = this.#thread(threadId);
		if (thread.generation === session?.generation) return;
		thread.session = undefined;
		thread.generation = session?.generation;
	}

	/** Whether this saver has read or written the thread, so that what it writes continues it. */
	has(threadId: string): boolean {
		return this.#thread(threadId).generation !== undefined;
	}

	evict(threadId: string): void {
		this.#threads.delete(threadId);
	}

	/** Where the values of a checkpoint are, if this saver has read or written it lately. */
	manifest(
		{ threadId, generation }: ThreadRef,
		ns: string,
		id: string,
	): Manifest | undefined {
		return this.#thread(threadId).manifests.get(
			manifestKey(generation, ns, id),
		);
	}

	/** Those of one namespace that are remembered, the latest first. */
	manifests({ threadId, generation }: ThreadRef, ns: string): Manifest[] {
		const begins = manifestKey(generation, ns, "");
		return [...this.#thread(threadId).manifests]
			.filter(([key]) => key.startsWith(begins))
			.map(([, manifest]) => manifest)
			.reverse();
	}

	setManifest(
		{ threadId, generation }: ThreadRef,
		ns: string,
		id: string,
		manifest: Manifest,
	): void {
		const { manifests } = this.#thread(threadId);
		const key = manifestKey(generation, ns, id);
		manifests.delete(key);
		manifests.set(key, manifest);
		evictOldest(manifests, maxManifests);
	}

	/** Runs the writes of one namespace's checkpoints in the order in which they were asked for. */
	runInOrder<T>(
		threadId: string,
		ns: string,
		run: () => Promise<T>,
	): Promise<T> {
		const { lastWrites: written } = this.#thread(threadId);
		const before = written.get(ns) ?? Promise.resolve();
		const running = before.then(run, run);
		const settled = running.then(
			() => {},
			// Whoever asked for the write hears of it.
			() => {},
		);
		written.set(ns, settled);
		settled.then(() => {
			if (written.get(ns) === settled) written.delete(ns);
		});
		return running;
	}

	async #openSession(
		threadId: string,
		mustExist: boolean,
		generation: string | undefined,
	): Promise<ThreadRef> {
		const session = mustExist
			? await this.#sessions.refresh(threadId, generation)
			: ((await this.#sessions.create(threadId)) ??
				(await this.#sessions.refresh(threadId)));
		if (!session) throw new ThreadGone(threadId);
		return session;
	}

	get #freshUntil(): number {
		return this.#now() + (this.#sessions.ttlSeconds * 1_000) / 240;
	}

	#thread(threadId: string): CachedThread {
		const thread = this.#threads.get(threadId) ?? {
			session: undefined,
			wasRefreshed: false,
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

const manifestKey = (generation: string, ns: string, id: string) =>
	JSON.stringify([generation, ns, id]).slice(0, id === "" ? -2 : undefined);

function evictOldest(map: Map<string, unknown>, most: number): void {
	const [oldest] = map.keys();
	if (map.size > most && oldest !== undefined) map.delete(oldest);
}
