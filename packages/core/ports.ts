import type { Analyses } from "./ports/analyses.ts";
import type { Chat } from "./ports/chat.ts";
import type { Embedder } from "./ports/embedder.ts";
import type { Events } from "./ports/events.ts";
import type { Images } from "./ports/images.ts";
import type { Items } from "./ports/items.ts";
import type { Objects } from "./ports/objects.ts";
import type { Outbox } from "./ports/outbox.ts";
import type { Requests } from "./ports/requests.ts";
import type { Search } from "./ports/search.ts";
import type { SearchSettings } from "./ports/search-settings.ts";
import type { SessionUpkeep } from "./ports/session-upkeep.ts";
import type { Sessions } from "./ports/sessions.ts";
import type { Similar } from "./ports/similar.ts";
import type { Stages } from "./ports/stages.ts";
import type { Turns } from "./ports/turns.ts";
import type { VectorCells } from "./ports/vector-cells.ts";
import type { VectorIndex } from "./ports/vector-index.ts";
import type { Vision } from "./ports/vision.ts";
import type { WebSearch } from "./ports/web-search.ts";

export * from "./ports/analyses.ts";
export * from "./ports/chat.ts";
export * from "./ports/embedder.ts";
export * from "./ports/events.ts";
export * from "./ports/images.ts";
export * from "./ports/items.ts";
export * from "./ports/objects.ts";
export * from "./ports/outbox.ts";
export * from "./ports/requests.ts";
export * from "./ports/search.ts";
export * from "./ports/search-settings.ts";
export * from "./ports/session-upkeep.ts";
export * from "./ports/sessions.ts";
export * from "./ports/similar.ts";
export * from "./ports/stages.ts";
export * from "./ports/turns.ts";
export * from "./ports/vector-cells.ts";
export * from "./ports/vector-index.ts";
export * from "./ports/vision.ts";
export * from "./ports/web-search.ts";

/** Everything a use case may ask of the world; each takes the few it needs by `Pick<Ports, ...>`. */
export interface Ports {
	items: Items;
	stages: Stages;
	requests: Requests;
	outbox: Outbox;
	analyses: Analyses;
	search: Search;
	searchSettings: SearchSettings;
	similar: Similar;
	vectorIndex: VectorIndex;
	vectorCells: VectorCells;
	objects: Objects;
	events: Events;
	images: Images;
	vision: Vision;
	embedder: Embedder;
	chat: Chat;
	sessions: Sessions;
	turns: Turns;
	sessionUpkeep: SessionUpkeep;
	webSearch: WebSearch;
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
