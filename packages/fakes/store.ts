import type { Album } from "#core/albums/album.ts";
import type { ArchivePart } from "#core/archive/archive.ts";
import type { Analysis, ModelUsage, SearchText } from "#core/items/analysis.ts";
import type { Fingerprint } from "#core/items/fingerprint.ts";
import type { Item } from "#core/items/item.ts";
import type { TakenAt } from "#core/items/taken-at.ts";
import type { FailedItem, Job } from "#core/jobs/job.ts";
import type { Profile } from "#core/people/profile.ts";
import type { OutgoingEvent } from "#core/pipeline/events.ts";
import type { StageName } from "#core/pipeline/stages.ts";
import type { WorkRequest } from "#core/pipeline/work-request.ts";
import type { Clock, ItemWithAnalysis, NewEmbedding, ToldSubscription, UsageOfDay } from "#core/ports/index.ts";
import type { Share } from "#core/shares/share.ts";
import type { Verification } from "#core/verification/verification.ts";
import type { Delivery, Webhook } from "#core/webhooks/webhook.ts";

export interface StoredItem {
	item: Item;
	analysis: Analysis | null;
	/** Null until it is processed. */
	fingerprint: Fingerprint | null;
	lease: { stage: StageName; token: string; expiresAt: number } | null;
	attempts: number;
	/** Usage of failed attempts; moves to the next analysis. */
	usage: ModelUsage[];
	stageAt: number;
	sweptAt: number | null;
	/** When a claim of the item, still `pending`, was deferred. */
	arrivedAt: number | null;
	/** When the message comes again, after a claim was deferred. */
	deferredUntil: number | null;
	analyses: Analysis[];
	document: SearchText | null;
	/** By model. */
	embeddings: Map<string, NewEmbedding>;
	outbox: { event: OutgoingEvent; at: number }[];
	requests: StoredRequest[];
	tags: StoredTag[];
	/** By `tagKey`: what the person took off. */
	removedTags: Set<string>;
	/** The file's own time, while the person's is the item's. */
	fileTakenAt: TakenAt | null;
}

export interface StoredTag {
	/** As the person writes it. */
	name: string;
	source: "person" | "model";
}

export interface StoredRequest {
	request: WorkRequest;
	attempts: number;
	touchedAt: number;
	sweptAt: number | null;
	deferredUntil: number | null;
}

/** When a stage served a person. */
export interface RecentClaim {
	userId: string;
	stage: StageName;
	/** The first claim since a pause. */
	busySince: number;
	claimedAt: number;
}

export interface StoredAlbum {
	album: Album;
	/** In the person's order. */
	itemIds: string[];
}

export interface StoredJob {
	job: Job;
	waiting: string[];
	failures: FailedItem[];
	lease: { token: string; expiresAt: number } | null;
	attempts: number;
	dueAt: number;
	/** When the person was last served. */
	turnAt: number;
	servedAt: number | null;
	sweptAt: number | null;
	/** Of its archive, by name. */
	parts: Map<string, ArchivePart>;
}

/** The rows that the ports share. */
export interface Store {
	items: Map<string, StoredItem>;
	tombstones: Map<string, { userId: string; itemId: string; at: number; sweptAt: number | null }>;
	redactions: Map<string, { userId: string; itemId: string; dueAt: number }>;
	recentClaims: Map<string, RecentClaim>;
	/** By user, as are the deleted accounts. */
	profiles: Map<string, Profile>;
	/** By user, day, provider and model. */
	usage: Map<string, UsageOfDay & { userId: string }>;
	shares: Map<string, Share & { tokenHash: string }>;
	/** Oldest first. */
	verifications: Map<string, Verification>;
	webhooks: Map<string, Webhook & { secret: string; failures: number; retryAt: number }>;
	deliveries: Map<string, { delivery: Delivery; dueAt: number }>;
	/** By customer. */
	payers: Map<string, { userId: string; toldAt: Date }>;
	subscriptions: Map<string, ToldSubscription & { toldAt: Date }>;
	deletedAccounts: Map<string, { deletedAt: number; emptiedAt: number | null; dueAt: number }>;
	albums: Map<string, StoredAlbum>;
	jobs: Map<string, StoredJob>;
	now(): number;
}

export function createStore(clock: Clock): Store {
	return {
		items: new Map(),
		tombstones: new Map(),
		redactions: new Map(),
		recentClaims: new Map(),
		profiles: new Map(),
		usage: new Map(),
		shares: new Map(),
		verifications: new Map(),
		webhooks: new Map(),
		deliveries: new Map(),
		payers: new Map(),
		subscriptions: new Map(),
		deletedAccounts: new Map(),
		albums: new Map(),
		jobs: new Map(),
		now: () => clock.now().getTime(),
	};
}

/** Returns the user's item; null for another user's. */
export function owned(store: Store, userId: string, itemId: string): StoredItem | null {
	const stored = store.items.get(itemId);
	return stored?.item.userId === userId ? stored : null;
}

export function ownedItems(store: Store, userId: string): StoredItem[] {
	return [...store.items.values()].filter(({ item }) => item.userId === userId);
}

/** The state of a request that no stage has claimed. */
export const pendingState = (now: number) => ({
	status: "pending" as const,
	error: null,
	analysisId: null,
	comparison: null,
	createdAt: new Date(now),
	finishedAt: null,
});

/** Finds a pending request of the same kind, provider and model. */
export function pendingRequest(
	{ requests }: StoredItem,
	{ kind, provider, model }: Pick<WorkRequest, "kind" | "provider" | "model">,
): StoredRequest | undefined {
	return requests.find(
		({ request }) =>
			request.status === "pending" && request.kind === kind && request.provider === provider && request.model === model,
	);
}

/** Adds an event to the outbox; an unsent event of the same id stays as it is. */
export function announce({ outbox }: StoredItem, event: OutgoingEvent, at: number): void {
	if (outbox.some((unsent) => unsent.event.id === event.id)) return;
	outbox.push({ event: structuredClone(event), at });
}

/** Orders rows in turns: one of each user before a second of any, each user's longest untouched first. */
export function inTurns<Row>(rows: Row[], turnOf: (row: Row) => { userId: string; touchedAt: number }): Row[] {
	const touched = (row: Row) => turnOf(row).touchedAt;
	const byUser = Map.groupBy(
		rows.toSorted((a, b) => touched(a) - touched(b)),
		(row) => turnOf(row).userId,
	);
	return [...byUser.values()]
		.flatMap((own) => own.map((row, turn) => ({ row, turn })))
		.sort((a, b) => a.turn - b.turn || touched(a.row) - touched(b.row))
		.map(({ row }) => row);
}

/** Copies the row, so that later changes do not reach the caller. */
export function withAnalysis({ item, analysis, tags }: StoredItem): ItemWithAnalysis {
	return structuredClone({ item, latestAnalysis: analysis, tags: tags.map(({ name }) => name) });
}
