import type { Ports } from "#core/ports/index.ts";
import { postgresArchives } from "./archive/archives.ts";
import type { Database } from "./database.ts";
import { postgresHealth } from "./health.ts";
import { postgresAlbums } from "./items/albums.ts";
import { postgresAnalyses } from "./items/analyses.ts";
import { postgresEdits } from "./items/edits.ts";
import { postgresGolden } from "./items/golden.ts";
import { postgresItems } from "./items/items.ts";
import { postgresTags } from "./items/own-tags.ts";
import { postgresDeletedAccounts } from "./people/deleted-accounts.ts";
import { postgresProfiles } from "./people/profiles.ts";
import { postgresSubscriptions } from "./people/subscriptions.ts";
import { postgresUsage } from "./people/usage.ts";
import { postgresJobs } from "./pipeline/jobs.ts";
import { postgresOutbox } from "./pipeline/outbox.ts";
import { postgresRedactions } from "./pipeline/redactions.ts";
import { postgresRequests } from "./pipeline/requests.ts";
import { postgresStages } from "./pipeline/stages.ts";
import { type IsWord, postgresSearch } from "./search/search.ts";
import { postgresSearchIndex } from "./search/search-index.ts";
import { postgresSearchSettings } from "./search/search-settings.ts";
import { postgresSimilar } from "./search/similar.ts";
import { postgresVectorIndex } from "./search/vector-index.ts";
import { postgresVectorPartitions } from "./search/vector-partitions.ts";
import { postgresShares } from "./shares/shares.ts";
import { postgresVerifications } from "./verification/verifications.ts";
import { postgresWebhooks } from "./webhooks/webhooks.ts";

/**
 * Makes the ports that PostgreSQL implements.
 * @param isWord see `postgresSearch`
 */
export function postgresPorts(db: Database, isWord?: IsWord) {
	return {
		items: postgresItems(db),
		edits: postgresEdits(db),
		tags: postgresTags(db),
		stages: postgresStages(db),
		requests: postgresRequests(db),
		redactions: postgresRedactions(db),
		outbox: postgresOutbox(db),
		analyses: postgresAnalyses(db),
		albums: postgresAlbums(db),
		archives: postgresArchives(db),
		jobs: postgresJobs(db),
		golden: postgresGolden(db),
		search: postgresSearch(db, { isWord }),
		searchIndex: postgresSearchIndex(db),
		searchSettings: postgresSearchSettings(db),
		similar: postgresSimilar(db),
		vectorIndex: postgresVectorIndex(db),
		vectorPartitions: postgresVectorPartitions(db),
		health: postgresHealth(db),
		profiles: postgresProfiles(db),
		usage: postgresUsage(db),
		shares: postgresShares(db),
		subscriptions: postgresSubscriptions(db),
		verifications: postgresVerifications(db),
		webhooks: postgresWebhooks(db),
		deletedAccounts: postgresDeletedAccounts(db),
	} satisfies Partial<Ports>;
}

export type PostgresPorts = ReturnType<typeof postgresPorts>;
