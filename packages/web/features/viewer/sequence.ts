import { useEffect } from "react";

/** The items that the page behind the viewer shows, in its order. */
interface Sequence {
	at(index: number): { id: string } | undefined;
	count: number;
}

let current: Sequence = { at: () => undefined, count: 0 };

/** Lets the viewer go to the neighbours of an item. */
export function useSequence(at: Sequence["at"], count: number): void {
	useEffect(() => {
		current = { at, count };
	});
}

/** The items before and after an item of the page; null at its ends, and for an item that it does not show. */
export function neighbours(id: string): { previous: string | null; next: string | null } {
	for (let index = 0; index < current.count; index++) {
		if (current.at(index)?.id !== id) continue;
		return { previous: current.at(index - 1)?.id ?? null, next: current.at(index + 1)?.id ?? null };
	}
	return { previous: null, next: null };
}
