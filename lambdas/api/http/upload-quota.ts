import { AppError } from "#core/errors.ts";
import { countUse } from "#core/limits/count-use.ts";
import type { UseQuotas } from "#core/limits/quotas.ts";
import type { Ports } from "#core/ports/index.ts";
import { StoreRest } from "#core/store-rest.ts";
import { log } from "#lambda-kit/log.ts";

/** Announces or stores a picture, which counts towards its person's quota where it is a new item. @throws AppError `quota_exceeded` */
type CountUpload = <Result>(
	quotas: UseQuotas,
	userId: string,
	upload: () => Promise<Result>,
	isNew: (result: Result) => boolean,
) => Promise<Result>;

/** Counts uploads. Where the counts are away uploads pass: they call no model. */
export function uploadQuota(ports: Pick<Ports, "quotaCounts">): CountUpload {
	// The files of one request must not wait for the table one after the other.
	const rest = new StoreRest();
	return async (quotas, userId, upload, isNew) => {
		if (rest.isOn) return upload();
		try {
			return await countUse(ports, quotas, userId, "uploads", upload, isNew);
		} catch (error) {
			if (!(error instanceof AppError) || error.code !== "quota_unavailable") throw error;
			rest.begin();
			log.error("an upload passes without a quota", { error }, { metrics: { UnlimitedRequests: 1 } });
			return upload();
		}
	};
}
