import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { SkeletonGrid } from "#web/features/library/skeleton-grid.tsx";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Icon } from "#web/ui/icon.tsx";
import { Blank, Failure } from "#web/ui/notice.tsx";
import { AlbumCover } from "./album-cover.tsx";
import { AlbumForm } from "./album-form.tsx";
import styles from "./albums-page.module.css";
import { type Album, useAlbums } from "./use-albums.ts";

/** The person's albums, and a new one. */
export function AlbumsPage() {
	const { t } = useLanguage();
	const navigate = useNavigate();
	const albums = useAlbums();
	const [isMaking, setMaking] = useState(false);
	const isEmpty = albums.data?.length === 0;
	return (
		<div className={styles.page}>
			<header className={styles.head}>
				<h1 className={styles.title}>{t("nav.albums")}</h1>
				{!isEmpty && (
					<Button icon="plus" onPress={() => setMaking(true)}>
						{t("album.new")}
					</Button>
				)}
			</header>
			{albums.error && !albums.data ? (
				<Failure error={albums.error} onRetry={() => albums.refetch()} />
			) : !albums.data ? (
				<SkeletonGrid />
			) : isEmpty ? (
				<Blank icon="album" title={t("albums.empty")}>
					<p>{t("albums.empty.text")}</p>
					<Button look="primary" icon="plus" onPress={() => setMaking(true)}>
						{t("album.new")}
					</Button>
				</Blank>
			) : (
				<ul className={styles.grid}>
					{albums.data.map((album) => (
						<li key={album.id}>
							<Card album={album} />
						</li>
					))}
				</ul>
			)}
			{isMaking && (
				<AlbumForm
					onClose={() => setMaking(false)}
					onDone={({ id }) => navigate({ to: "/albums/$albumId", params: { albumId: id } })}
				/>
			)}
		</div>
	);
}

function Card({ album }: { album: Album }) {
	const { t } = useLanguage();
	return (
		<Link to="/albums/$albumId" params={{ albumId: album.id }} className={styles.card}>
			<span className={styles.sheet}>
				<AlbumCover album={album} />
			</span>
			<span className={styles.name}>{album.name}</span>
			<span className={styles.count}>
				{album.smart && <Icon name="spark" size={14} />}
				{t("library.count", { count: album.item_count })}
				{album.smart && ` · ${t("album.smart")}`}
			</span>
		</Link>
	);
}
