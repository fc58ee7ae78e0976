/** The selected items by id, and where a range that Shift extends began. */
export interface Selection {
	ids: ReadonlySet<string>;
	anchor: number | null;
}

export const nothingSelected: Selection = { ids: new Set(), anchor: null };

export function toggled({ ids }: Selection, id: string, index: number): Selection {
	const next = new Set(ids);
	if (!next.delete(id)) next.add(id);
	return { ids: next, anchor: next.size === 0 ? null : index };
}

/** Selects every item between the anchor and the index, both included; items that are not loaded are left out. */
export function extended(
	{ ids, anchor }: Selection,
	index: number,
	idAt: (index: number) => string | undefined,
): Selection {
	const from = anchor ?? index;
	const next = new Set(ids);
	for (let at = Math.min(from, index); at <= Math.max(from, index); at++) {
		const id = idAt(at);
		if (id) next.add(id);
	}
	return { ids: next, anchor: from };
}
