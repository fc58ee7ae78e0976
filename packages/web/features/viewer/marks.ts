import { useEffect, useSyncExternalStore } from "react";

/** Left, top, width and height, as fractions of the picture. */
export type Box = number[];

const none: readonly Box[] = [];
let marks: ReadonlyMap<string, readonly Box[]> = new Map();
const listeners = new Set<() => void>();

function set(next: typeof marks): void {
	marks = next;
	for (const listener of listeners) listener();
}

/** Lets the viewer mark, on the pictures of a page, the places for which the page shows them. */
export function useMarks(next: typeof marks): void {
	useEffect(() => {
		set(next);
		return () => set(new Map());
	}, [next]);
}

/** Marks one item's places in place of those of its page: a citation's, say. */
export const markOnly = (id: string, boxes: readonly Box[]): void => set(new Map(marks).set(id, boxes));

const subscribe = (listener: () => void) => {
	listeners.add(listener);
	return () => listeners.delete(listener);
};

export const useMarksOf = (id: string): readonly Box[] => useSyncExternalStore(subscribe, () => marks.get(id) ?? none);
