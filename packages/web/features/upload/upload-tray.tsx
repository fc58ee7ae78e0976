import { useState } from "react";
import { type GridItem, isSettled } from "#web/features/library/grid-item.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { IconButton } from "#web/ui/button.tsx";
import { classes } from "#web/ui/classes.ts";
import { formatBytes } from "#web/ui/format.ts";
import { Icon } from "#web/ui/icon.tsx";
import { uploadQueue, useUploads } from "./browser-queue.ts";
import type { Upload } from "./upload-queue.ts";
import styles from "./upload-tray.module.css";
import { useStatuses } from "./use-statuses.ts";

/** The uploads of this visit: progress in all and of each, and what became of the items. */
export function UploadTray() {
	const { t } = useLanguage();
	const { uploads, isPaused } = useUploads();
	const [isOpen, setOpen] = useState(true);
	const ids = uploads.flatMap(({ state, itemId }) => (state === "stored" && itemId ? [itemId] : []));
	// As many as one request lists.
	const followed = ids.slice(-100);
	const items = useStatuses(followed);
	if (uploads.length === 0) return null;

	const total = uploads.reduce((sum, { size }) => sum + size, 0);
	const sent = uploads.reduce((sum, { state, size, sent }) => sum + (isOver(state) ? size : sent), 0);
	const left = uploads.filter(({ state }) => !isOver(state)).length;
	const failed = uploads.filter(
		({ state, itemId }) => state === "failed" || (itemId && items.get(itemId)?.status === "failed"),
	).length;
	const working = followed.filter((id) => {
		const item = items.get(id);
		return !item || !isSettled(item);
	}).length;
	const title = isPaused
		? t("upload.paused", { count: left })
		: left > 0
			? t("upload.sending", { done: uploads.length - left, count: uploads.length })
			: working > 0
				? t("upload.working", { count: working })
				: failed > 0
					? t("upload.failedSome", { count: failed })
					: t("upload.done", { count: uploads.length });
	return (
		<section className={styles.tray} aria-label={t("upload.label")}>
			<header className={styles.head}>
				<p className={styles.title} role="status">
					{title}
				</p>
				{left > 0 && (
					<IconButton
						icon={isPaused ? "play" : "pause"}
						label={isPaused ? t("upload.resume") : t("upload.pause")}
						onPress={() => (isPaused ? uploadQueue.resume() : uploadQueue.pause())}
					/>
				)}
				<IconButton
					icon="down"
					label={isOpen ? t("upload.collapse") : t("upload.expand")}
					className={isOpen ? undefined : styles.flipped}
					onPress={() => setOpen(!isOpen)}
				/>
				{left === 0 && <IconButton icon="close" label={t("upload.clear")} onPress={() => uploadQueue.clear()} />}
			</header>
			<progress className={styles.total} max={total || 1} value={sent} aria-label={t("upload.progress")} />
			{isOpen && (
				<ul className={styles.list}>
					{uploads.map((upload) => (
						<Row key={upload.key} upload={upload} item={upload.itemId ? items.get(upload.itemId) : undefined} />
					))}
				</ul>
			)}
		</section>
	);
}

const isOver = (state: Upload["state"]) => state === "stored" || state === "known" || state === "failed";

function Row({ upload, item }: { upload: Upload; item: GridItem | undefined }) {
	const { t, locale } = useLanguage();
	const { key, name, size, state, sent } = upload;
	const failure = upload.failure ?? (item?.status === "failed" ? item.failure : null);
	return (
		<li className={styles.row}>
			<span className={classes(styles.mark, failure && styles.failed, item?.status === "ready" && styles.ready)}>
				{failure ? <Icon name="alert" size={16} /> : isDone(state, item) ? <Icon name="check" size={16} /> : null}
			</span>
			<span className={styles.name} title={name}>
				{name}
			</span>
			<span className={styles.state}>{failure ? t("status.failed") : stateText(state, item, sent, size)}</span>
			{failure && <p className={styles.failure}>{failure}</p>}
			{upload.state === "failed" && (
				<span className={styles.actions}>
					<IconButton icon="retry" label={t("upload.retry", { name })} onPress={() => uploadQueue.retry(key)} />
					<IconButton icon="close" label={t("upload.remove", { name })} onPress={() => uploadQueue.clear(key)} />
				</span>
			)}
			{state === "sending" && (
				<progress
					className={styles.progress}
					max={size || 1}
					value={sent}
					aria-label={t("upload.progressOf", { name })}
				/>
			)}
		</li>
	);

	function stateText(state: Upload["state"], item: GridItem | undefined, sent: number, size: number): string {
		if (state === "waiting") return t("upload.waiting");
		if (state === "sending") {
			return t("upload.bytes", { sent: formatBytes(sent, locale), size: formatBytes(size, locale) });
		}
		if (state === "known") return t("upload.known");
		return item ? t(`status.${item.status}`) : t("status.uploaded");
	}
}

const isDone = (state: Upload["state"], item: GridItem | undefined) => state === "known" || item?.status === "ready";
