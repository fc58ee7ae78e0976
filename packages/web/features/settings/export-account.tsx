import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { formatBytes } from "#web/ui/format.ts";
import { Banner } from "#web/ui/notice.tsx";
import { toast } from "#web/ui/toasts.ts";
import styles from "./export-account.module.css";
import { useExport } from "./use-export.ts";

/** Makes an archive of everything the person has, shows how far it is, and lists its files. */
export function ExportAccount() {
	const { t, locale } = useLanguage();
	const { job, isUnderWay, parts, error, starting } = useExport();
	const isDone = job?.state === "done";
	return (
		<div className={styles.export}>
			<p className={styles.text}>{t("export.lead")}</p>
			{error && <Banner tone="danger">{error.message}</Banner>}
			{job?.error && <Banner tone="danger">{job.error.detail}</Banner>}
			{isUnderWay && job && (
				<div className={styles.progress} role="status">
					<progress max={Math.max(1, job.total)} value={job.done} aria-label={t("export.title")} />
					<p className={styles.text}>
						{t("export.progress", { done: job.done.toLocaleString(locale), total: job.total.toLocaleString(locale) })}
					</p>
				</div>
			)}
			{isDone && job.failed > 0 && <Banner tone="plain">{t("export.leftOut", { count: job.failed })}</Banner>}
			{isDone && parts && (
				<>
					<p className={styles.text}>{t("export.done")}</p>
					<ul className={styles.files}>
						{job.result_url && <File name="manifest.json" url={job.result_url} />}
						{parts.map(({ name, url, size }) => (
							<File key={name} name={name} url={url} size={formatBytes(size, locale)} />
						))}
					</ul>
				</>
			)}
			<div>
				<Button
					icon="download"
					isPending={starting.isPending}
					isDisabled={isUnderWay}
					onPress={() =>
						starting.mutate(undefined, { onError: (refusal) => toast(refusal.message, { tone: "danger" }) })
					}
				>
					{t(isDone ? "export.again" : "export.start")}
				</Button>
			</div>
		</div>
	);
}

function File({ name, url, size }: { name: string; url: string; size?: string }) {
	return (
		<li>
			<a className={styles.file} href={url} download={name} target="_blank" rel="noreferrer">
				<span>{name}</span>
				{size && <span className={styles.size}>{size}</span>}
			</a>
		</li>
	);
}
