import type { Analysis, ModelUsage, SearchText } from "#core/analysis.ts";
import type { OutgoingEvent } from "#core/events.ts";
import type { Item } from "#core/item.ts";
import type {
	Clock,
	ItemWithAnalysis,
	NewEmbedding,
	StageName,
} from "#core/ports.ts";

export interface StoredItem {
	item: Item;
	analysis: Analysis | null;
	lease: { stage: StageName; token: string; expiresAt: number } | null;
	attempts: number;
	/** Billed to failed attempts; the next analysis takes it over. */
	usage: ModelUsage[];
	stageAt: number;
	sweptAt: number | null;
	analyses: Analysis[];
	document: SearchText | null;
	/** By model. */
	embeddings: Map<string, NewEmbedding>;
	outbox: { event: OutgoingEvent; at: number }[];
}

/** What the ports share, as the tables of the database. */
export interface Store {
	items: Map<string, StoredItem>;
	tombstones: Map<string, { userId: string; itemId: string; at: number }>;
	now(): number;
}

export function createStore(clock: Clock): Store {
	return {
		items: new Map(),
		tombstones: new Map(),
		now: () => clock.now().getTime(),
	};
}

/** The user's item: another user's is none. */
export function owned(
	store: Store,
	userId: string,
	itemId: string,
): StoredItem | null {
	const stored = store.items.get(itemId);
	return stored?.item.userId === userId ? stored : null;
}

export function ownedItems(store: Store, userId: string): StoredItem[] {
	return [...store.items.values()].filter(({ item }) => item.userId === userId);
}

/** Copies, so that a caller holds what a row was and not what it becomes. */
export function withAnalysis({ item, analysis }: StoredItem): ItemWithAnalysis {
	return structuredClone({ item, latestAnalysis: analysis });
}
