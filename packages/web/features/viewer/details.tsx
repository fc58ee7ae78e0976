import { Link } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { formatBytes, formatDate } from "#web/ui/format.ts";
import { Banner } from "#web/ui/notice.tsx";
import { toast } from "#web/ui/toasts.ts";
import { AnalyzeAgain } from "./analyze-again.tsx";
import styles from "./details.module.css";
import { EditItem } from "./edit-item.tsx";
import { Facts } from "./facts.tsx";
import { SimilarItems } from "./similar-items.tsx";
import type { VersionedItem } from "./use-item.ts";

const Versions = lazy(async () => ({ default: (await import("./versions.tsx")).Versions }));

/** A dialog that the viewer opens over itself. */
export type Over = "share" | "album";

interface DetailsProps {
	item: VersionedItem;
	onOpen(id: string): void;
	onOver(over: Over): void;
}

/** Shows what an item shows and says, and when and where it is from. */
export function Details({ item, onOpen, onOver }: DetailsProps) {
	const { t, locale } = useLanguage();
	const analysis = item.latest_analysis;
	const text = analysis?.raw_response.image_details.extracted_text.join("\n");
	const [isEditing, setEditing] = useState(false);
	const [isComparing, setComparing] = useState(false);
	return (
		<aside className={styles.details} aria-label={t("viewer.details")}>
			{item.error && <Banner tone="danger">{item.error.detail}</Banner>}
			{item.warnings.map(({ code, detail }) => (
				<Banner key={code}>{detail}</Banner>
			))}
			{isEditing ? (
				<EditItem item={item} onDone={() => setEditing(false)} />
			) : (
				<section className={styles.part}>
					<div className={styles.titleRow}>
						<p className={styles.category}>{item.category}</p>
						<button type="button" className={styles.copy} onClick={() => setEditing(true)}>
							{t("action.edit")}
						</button>
					</div>
					<h2 className={styles.headline}>{item.headline ?? item.original_filename}</h2>
					{item.summary && <p className={styles.summary}>{item.summary}</p>}
					{item.note && <p className={styles.note}>{item.note}</p>}
					{item.tags.length > 0 && (
						<ul className={styles.tags} aria-label={t("edit.tags")}>
							{item.tags.map((tag) => (
								<li key={tag}>
									<Link to="/" search={{ tag }} className={styles.tag}>
										{tag}
									</Link>
								</li>
							))}
						</ul>
					)}
				</section>
			)}
			<Facts facts={item.facts} />
			{text && (
				<section className={styles.part}>
					<div className={styles.titleRow}>
						<h3 className={styles.title}>{t("viewer.text")}</h3>
						<button
							type="button"
							className={styles.copy}
							onClick={() =>
								navigator.clipboard.writeText(text).then(
									() => toast(t("viewer.copied")),
									(error: Error) => toast(error.message, { tone: "danger" }),
								)
							}
						>
							{t("viewer.copy")}
						</button>
					</div>
					{/* A long text scrolls, with the keyboard, too. */}
					{/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
					<pre className={styles.text} tabIndex={0}>
						{text}
					</pre>
				</section>
			)}
			<dl className={styles.facts}>
				<Fact label={t("viewer.file")}>{item.original_filename}</Fact>
				{item.width && item.height && (
					<Fact label={t("viewer.size")}>
						{item.width} × {item.height}, {formatBytes(item.file_size, locale)}
					</Fact>
				)}
				{item.taken_at_local && (
					<Fact label={t("viewer.taken")}>{formatDate(item.taken_at_local, locale, "time")}</Fact>
				)}
				<Fact label={t("viewer.added")}>{formatDate(item.created_at, locale, "time")}</Fact>
				{item.camera && <Fact label={t("viewer.camera")}>{item.camera}</Fact>}
				{item.location && (
					<Fact label={t("viewer.place")}>
						{item.location.latitude.toFixed(4)}, {item.location.longitude.toFixed(4)}
					</Fact>
				)}
				{analysis && (
					<Fact label={t("viewer.described")}>
						{analysis.provider_used} · {t("viewer.version", { version: analysis.version })}
					</Fact>
				)}
			</dl>
			<div className={styles.actions}>
				<AnalyzeAgain item={item} />
				{analysis && analysis.version > 1 && (
					<Button icon="copies" onPress={() => setComparing(true)}>
						{t("versions.compare")}
					</Button>
				)}
				<Button icon="album" className={styles.narrowOnly} onPress={() => onOver("album")}>
					{t("viewer.addToAlbum")}
				</Button>
				{item.status === "ready" && (
					<Button icon="share" className={styles.narrowOnly} onPress={() => onOver("share")}>
						{t("share.title")}
					</Button>
				)}
			</div>
			<Suspense fallback={null}>{isComparing && <Versions item={item} onClose={() => setComparing(false)} />}</Suspense>
			{item.status === "ready" && <SimilarItems id={item.id} onOpen={onOpen} />}
		</aside>
	);
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
	return (
		<div className={styles.fact}>
			<dt>{label}</dt>
			<dd>{children}</dd>
		</div>
	);
}
