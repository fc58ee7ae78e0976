import type { Ports } from "#core/ports.ts";
import { postgresAnalyses } from "./analyses.ts";
import type { Database } from "./database.ts";
import { postgresHealth } from "./health.ts";
import { postgresItems } from "./items.ts";
import { postgresOutbox } from "./outbox.ts";
import { postgresRequests } from "./requests.ts";
import { postgresSearch } from "./search.ts";
import { postgresSearchSettings } from "./search-settings.ts";
import { postgresSimilar } from "./similar.ts";
import { postgresStages } from "./stages.ts";
import { postgresVectorCells } from "./vector-cells.ts";
import { postgresVectorIndex } from "./vector-index.ts";

/** Every port whose memory is PostgreSQL. */
export type PostgresPorts = Pick<
	Ports,
	| "items"
	| "stages"
	| "requests"
	| "outbox"
	| "analyses"
	| "search"
	| "searchSettings"
	| "similar"
	| "vectorIndex"
	| "vectorCells"
	| "health"
>;

export function postgresPorts(db: Database): PostgresPorts {
	return {
		items: postgresItems(db),
		stages: postgresStages(db),
		requests: postgresRequests(db),
		outbox: postgresOutbox(db),
		analyses: postgresAnalyses(db),
		search: postgresSearch(db),
		searchSettings: postgresSearchSettings(db),
		similar: postgresSimilar(db),
		vectorIndex: postgresVectorIndex(db),
		vectorCells: postgresVectorCells(db),
		health: postgresHealth(db),
	};
}
