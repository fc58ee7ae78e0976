import type { ImportSummary } from "#archive/import.ts";
import { ArchiveRefused } from "#archive/refusal.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { FileButton } from "#web/ui/file-button.tsx";
import { Banner, sentenceOf } from "#web/ui/notice.tsx";
import styles from "./export-account.module.css";
import { startImport, stopImport, useImporting } from "./importing.ts";

/** Brings an archive, whose files the person chooses, into the account, and says what did not get in. */
export function ImportAccount() {
	const { t } = useLanguage();
	const importing = useImporting();
	return (
		<div className={styles.export}>
			<p className={styles.text}>{t("import.lead")}</p>
			{importing.step === "running" && <Progress {...importing} />}
			{importing.step === "stopped" && <Banner>{t("import.stopped")}</Banner>}
			{importing.step === "failed" && <Fault error={importing.error} />}
			{importing.step === "done" && <Summary {...importing.summary} />}
			<div>
				{importing.step === "running" ? (
					<Button icon="close" onPress={stopImport}>
						{t("import.stop")}
					</Button>
				) : (
					<FileButton accept=".tar,.json" onChoose={(files) => void startImport(files)}>
						{t("import.choose")}
					</FileButton>
				)}
			</div>
		</div>
	);
}

function Progress({ done, total }: { done: number; total: number | null }) {
	const { t } = useLanguage();
	return (
		<div className={styles.progress} role="status">
			<progress {...(total !== null && { max: Math.max(1, total), value: done })} aria-label={t("import.title")} />
			<p className={styles.text}>{total === null ? t("import.checking") : t("import.progress", { done, total })}</p>
		</div>
	);
}

function Fault({ error }: { error: Error }) {
	const { t } = useLanguage();
	const sentence =
		error instanceof ArchiveRefused
			? t(`import.fault.${error.fault}`, { file: error.file })
			: sentenceOf(error, t("error.network"));
	return <Banner tone="danger">{sentence}</Banner>;
}

/** More are no help on a page. */
const shownRefusals = 20;

function Summary({ imported, known, albums, refused }: ImportSummary) {
	const { t } = useLanguage();
	return (
		<>
			<div role="status">
				<p>{t("import.done", { imported, known, albums })}</p>
				{imported > 0 && <p className={styles.text}>{t("import.making")}</p>}
			</div>
			{refused.length > 0 && (
				<>
					<Banner tone="danger">{t("import.refused", { count: refused.length })}</Banner>
					<ul className={styles.files}>
						{refused.slice(0, shownRefusals).map(({ path, code, reason }) => (
							<li key={path} className={styles.refused}>
								<strong>{path}</strong>
								<span className={styles.text}>{code === "refused" ? reason : t(`import.refused.${code}`)}</span>
							</li>
						))}
					</ul>
					{refused.length > shownRefusals && (
						<p className={styles.text}>{t("import.refusedMore", { count: refused.length - shownRefusals })}</p>
					)}
				</>
			)}
		</>
	);
}
