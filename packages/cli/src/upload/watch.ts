import { type FSWatcher, watch } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { findPictures, type LocalPicture } from "./pictures.ts";

interface WatchOptions {
	recursive: boolean;
	signal: AbortSignal;
	/** The pictures that were there before. */
	known: readonly LocalPicture[];
}

/** The pause between two looks at files that may still be written. */
const lookMs = 1_000;
/** A file is whole once it stayed the same for so many looks. */
const looksUntilWhole = 2;
/** Folders are looked at without a message, too: network shares send none, and a machine has only so many watches. */
const rescanMs = 30_000;

/** Yields pictures that appear in folders, or are written anew, once each is whole. @throws the signal's reason at its end */
export async function* appearing(
	folders: readonly string[],
	{ recursive, signal, known }: WatchOptions,
): AsyncGenerator<LocalPicture[]> {
	const seen = new Map(known.map((picture) => [picture.path, stateOf(picture)]));
	const waiting = new Map<string, { state: string; looks: number }>();
	let isChanged = true;
	let wake = () => {};
	const onChange = () => {
		isChanged = true;
		wake();
	};
	const watchers = folders.flatMap((folder) => watcherOf(folder, recursive, onChange));
	try {
		for (;;) {
			isChanged = false;
			const whole: LocalPicture[] = [];
			const { pictures } = findPictures(folders, { recursive });
			for (const picture of pictures) {
				const state = stateOf(picture);
				if (picture.size === 0 || seen.get(picture.path) === state) continue;
				const before = waiting.get(picture.path);
				const looks = before?.state === state ? before.looks + 1 : 0;
				waiting.set(picture.path, { state, looks });
				if (looks < looksUntilWhole) continue;
				waiting.delete(picture.path);
				seen.set(picture.path, state);
				whole.push(picture);
			}
			const there = new Set(pictures.map(({ path }) => path));
			for (const path of [...seen.keys(), ...waiting.keys()]) {
				if (there.has(path)) continue;
				seen.delete(path);
				waiting.delete(path);
			}
			if (whole.length > 0) yield whole;
			if (waiting.size === 0 && !isChanged) {
				const woken = new AbortController();
				wake = () => woken.abort();
				await pause(rescanMs, AbortSignal.any([signal, woken.signal]));
			}
			signal.throwIfAborted();
			// Messages come in swarms.
			await sleep(lookMs, undefined, { signal });
		}
	} finally {
		for (const watcher of watchers) watcher.close();
	}
}

const stateOf = ({ size, modified }: LocalPicture) => `${size} ${modified}`;

/** Watches a folder; one that cannot be watched is looked at now and then. */
function watcherOf(folder: string, recursive: boolean, onChange: () => void): FSWatcher[] {
	try {
		const watcher = watch(folder, { recursive }, onChange);
		watcher.on("error", () => watcher.close());
		return [watcher];
	} catch {
		return [];
	}
}

/** Waits, until the signal at most. */
const pause = (milliseconds: number, signal: AbortSignal) =>
	sleep(milliseconds, undefined, { signal }).catch((error: unknown) => {
		if (!signal.aborted) throw error;
	});
