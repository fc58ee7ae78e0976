import { Link, Outlet, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { session, usePerson } from "#web/features/account/browser-session.ts";
import { SearchField } from "#web/features/search/search-field.tsx";
import { useUploads } from "#web/features/upload/browser-queue.ts";
import { UploadButton } from "#web/features/upload/upload-button.tsx";
import { useDropAndPaste } from "#web/features/upload/use-picked-files.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { IconButton } from "#web/ui/button.tsx";
import { classes } from "#web/ui/classes.ts";
import { Icon, type IconName } from "#web/ui/icon.tsx";
import { Wordmark } from "#web/ui/wordmark.tsx";
import { config } from "./config.ts";
import styles from "./shell.module.css";
import { useShortcut } from "./use-shortcut.ts";

// What a first search does not need is loaded when it is.
const ShortcutHelp = lazy(async () => ({ default: (await import("./shortcut-help.tsx")).ShortcutHelp }));
const UploadTray = lazy(async () => ({ default: (await import("#web/features/upload/upload-tray.tsx")).UploadTray }));
const Viewer = lazy(async () => ({ default: (await import("#web/features/viewer/viewer.tsx")).Viewer }));

const places = [
	{ to: "/", icon: "grid", label: "nav.library" },
	{ to: "/albums", icon: "album", label: "nav.albums" },
	{ to: "/chat", icon: "chat", label: "nav.chat" },
	// Phones have room for four: the settings lead to these.
	{ to: "/tags", icon: "tag", label: "nav.tags", isWideOnly: true },
	{ to: "/duplicates", icon: "copies", label: "nav.duplicates", isWideOnly: true },
	{ to: "/trash", icon: "trash", label: "nav.trash", isWideOnly: true },
	{ to: "/settings", icon: "settings", label: "nav.settings" },
] as const satisfies readonly { to: string; icon: IconName; label: string; isWideOnly?: true }[];

/** The frame of every page: where to go, the search, uploads, and the viewer over it. */
export function Shell() {
	const { t } = useLanguage();
	const { item } = useSearch({ from: "/app" });
	const [helps, setHelps] = useState(false);
	const isOver = useDropAndPaste();
	const person = usePerson();
	const { uploads } = useUploads();
	useShortcut("?", () => setHelps(true));
	return (
		<div className={styles.shell}>
			<a className={styles.skip} href="#main">
				{t("nav.skip")}
			</a>
			<header className={styles.side}>
				<Link to="/" className={styles.brand} aria-label={t("nav.home")}>
					<Wordmark />
				</Link>
				<div className={styles.upload}>
					<UploadButton wide />
				</div>
				<nav className={styles.nav} aria-label={t("nav.label")}>
					{places.map(({ to, icon, label, ...place }) => (
						<Link
							key={to}
							to={to}
							className={classes(styles.place, "isWideOnly" in place && styles.wideOnly)}
							activeOptions={{ exact: to === "/", includeSearch: false }}
							activeProps={{ "aria-current": "page" }}
						>
							<Icon name={icon} />
							<span>{t(label)}</span>
						</Link>
					))}
				</nav>
				<div className={styles.foot}>
					{config().environment !== "prod" && <span className={styles.environment}>{config().environment}</span>}
					<p className={styles.email} title={person?.email}>
						{person?.email}
					</p>
					<div className={styles.footActions}>
						<button type="button" className={styles.signOut} onClick={() => void session.end()}>
							{t("account.signOut")}
						</button>
						<IconButton icon="help" label={t("help.open")} onPress={() => setHelps(true)} className={styles.help} />
					</div>
				</div>
			</header>
			<div className={styles.column}>
				<div className={styles.top}>
					<SearchField />
					<div className={styles.topUpload}>
						<UploadButton />
					</div>
				</div>
				<main id="main" className={styles.main} tabIndex={-1}>
					<Outlet />
				</main>
			</div>
			{isOver && (
				<div className={styles.drop} aria-hidden="true">
					<p>{t("upload.drop")}</p>
				</div>
			)}
			<Suspense fallback={null}>{uploads.length > 0 && <UploadTray />}</Suspense>
			<Suspense fallback={null}>{item && <Viewer id={item} />}</Suspense>
			<Suspense fallback={null}>{helps && <ShortcutHelp isOpen onClose={() => setHelps(false)} />}</Suspense>
		</div>
	);
}
