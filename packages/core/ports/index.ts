import type { Albums } from "./albums.ts";
import type { Analyses } from "./analyses.ts";
import type { Archives, Tar } from "./archives.ts";
import type { Chat } from "./chat.ts";
import type { DeletedAccounts } from "./deleted-accounts.ts";
import type { Edits } from "./edits.ts";
import type { Embedder } from "./embedder.ts";
import type { Events } from "./events.ts";
import type { Golden } from "./golden.ts";
import type { IdempotencyKeys } from "./idempotency-keys.ts";
import type { Images } from "./images.ts";
import type { Items } from "./items.ts";
import type { Jobs } from "./jobs.ts";
import type { Objects } from "./objects.ts";
import type { Outbox } from "./outbox.ts";
import type { Profiles } from "./profiles.ts";
import type { QuotaCounts } from "./quota-counts.ts";
import type { RateLimits } from "./rate-limits.ts";
import type { Redactions } from "./redactions.ts";
import type { Requests } from "./requests.ts";
import type { Search } from "./search.ts";
import type { SearchIndex } from "./search-index.ts";
import type { SearchSettings } from "./search-settings.ts";
import type { SessionUpkeep } from "./session-upkeep.ts";
import type { Sessions } from "./sessions.ts";
import type { Shares } from "./shares.ts";
import type { Similar } from "./similar.ts";
import type { Stages } from "./stages.ts";
import type { Tags } from "./tags.ts";
import type { Turns } from "./turns.ts";
import type { Usage } from "./usage.ts";
import type { UserPool } from "./user-pool.ts";
import type { VectorIndex } from "./vector-index.ts";
import type { VectorPartitions } from "./vector-partitions.ts";
import type { VerificationCache } from "./verification-cache.ts";
import type { Verifications } from "./verifications.ts";
import type { Vision } from "./vision.ts";
import type { WebSearch } from "./web-search.ts";
import type { WebhookSender, Webhooks } from "./webhooks.ts";

export * from "./albums.ts";
export * from "./analyses.ts";
export * from "./archives.ts";
export * from "./chat.ts";
export * from "./circuits.ts";
export * from "./deleted-accounts.ts";
export * from "./edits.ts";
export * from "./embedder.ts";
export * from "./events.ts";
export * from "./golden.ts";
export * from "./idempotency-keys.ts";
export * from "./images.ts";
export * from "./items.ts";
export * from "./jobs.ts";
export * from "./objects.ts";
export * from "./outbox.ts";
export * from "./profiles.ts";
export * from "./query-vectors.ts";
export * from "./quota-counts.ts";
export * from "./rate-limits.ts";
export * from "./redactions.ts";
export * from "./requests.ts";
export * from "./search.ts";
export * from "./search-index.ts";
export * from "./search-settings.ts";
export * from "./session-upkeep.ts";
export * from "./sessions.ts";
export * from "./shares.ts";
export * from "./similar.ts";
export * from "./stages.ts";
export * from "./tags.ts";
export * from "./turns.ts";
export * from "./usage.ts";
export * from "./user-pool.ts";
export * from "./vector-index.ts";
export * from "./vector-partitions.ts";
export * from "./verification-cache.ts";
export * from "./verifications.ts";
export * from "./vision.ts";
export * from "./web-search.ts";
export * from "./webhooks.ts";

/** All ports; each use case takes those it needs by `Pick<Ports, ...>`. */
export interface Ports {
	items: Items;
	edits: Edits;
	tags: Tags;
	stages: Stages;
	requests: Requests;
	redactions: Redactions;
	rateLimits: RateLimits;
	quotaCounts: QuotaCounts;
	idempotencyKeys: IdempotencyKeys;
	outbox: Outbox;
	analyses: Analyses;
	albums: Albums;
	archives: Archives;
	tar: Tar;
	jobs: Jobs;
	golden: Golden;
	search: Search;
	searchIndex: SearchIndex;
	searchSettings: SearchSettings;
	similar: Similar;
	vectorIndex: VectorIndex;
	vectorPartitions: VectorPartitions;
	objects: Objects;
	events: Events;
	images: Images;
	vision: Vision;
	embedder: Embedder;
	chat: Chat;
	sessions: Sessions;
	/** Reads people's chats and changes none. */
	chats: Pick<Sessions, "list" | "history">;
	turns: Turns;
	sessionUpkeep: SessionUpkeep;
	webSearch: WebSearch;
	profiles: Profiles;
	usage: Usage;
	userPool: UserPool;
	shares: Shares;
	verifications: Verifications;
	verificationCache: VerificationCache;
	webhooks: Webhooks;
	webhookSender: WebhookSender;
	deletedAccounts: DeletedAccounts;
	clock: Clock;
	health: Health;
}

export interface Health {
	/** Resolves when the database answers. @throws AppError `database_unavailable` */
	check(): Promise<void>;
}

export interface Clock {
	now(): Date;
}
