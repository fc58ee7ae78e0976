import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { ItemList } from "#web/features/library/item-list.tsx";
import { SkeletonGrid } from "#web/features/library/skeleton-grid.tsx";
import { ShareDialog } from "#web/features/share/share-dialog.tsx";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Confirm } from "#web/ui/dialog.tsx";
import { Icon } from "#web/ui/icon.tsx";
import { Blank, Failure } from "#web/ui/notice.tsx";
import { AlbumForm } from "./album-form.tsx";
import styles from "./album-page.module.css";
import { useChangeAlbums } from "./change-albums.ts";
import { type Album, useAlbum } from "./use-albums.ts";

export function AlbumPage() {
	const { albumId } = useParams({ from: "/app/albums/$albumId" });
	const album = useAlbum(albumId);
	if (album.error && !album.data) return <Failure error={album.error} onRetry={() => album.refetch()} />;
	return (
		<div className={styles.page}>{album.data ? <OpenAlbum key={albumId} album={album.data} /> : <SkeletonGrid />}</div>
	);
}

/** An album's items in its order, and what can be done with it. */
function OpenAlbum({ album }: { album: Album }) {
	const { t } = useLanguage();
	const navigate = useNavigate();
	const { removing } = useChangeAlbums();
	const [isOpen, setOpen] = useState<"form" | "share" | "delete" | null>(null);
	const filters = useMemo(() => ({ album: album.id }), [album.id]);
	const close = () => setOpen(null);
	const search = searchOf(album, t);
	return (
		<>
			<Link to="/albums" className={styles.back}>
				<Icon name="left" size={16} />
				{t("nav.albums")}
			</Link>
			<header className={styles.head}>
				<div className={styles.words}>
					<h1 className={styles.title}>{album.name}</h1>
					{album.description && <p className={styles.lead}>{album.description}</p>}
					{search && (
						<p className={styles.search}>
							<Icon name="spark" size={16} />
							<span>{search}</span>
						</p>
					)}
				</div>
				<div className={styles.actions}>
					<Button icon="edit" onPress={() => setOpen("form")}>
						{t("action.edit")}
					</Button>
					{!album.smart && (
						<Button icon="share" onPress={() => setOpen("share")} isDisabled={album.item_count === 0}>
							{t("share.title")}
						</Button>
					)}
					<Button icon="trash" look="danger" onPress={() => setOpen("delete")}>
						{t("action.delete")}
					</Button>
				</div>
			</header>
			<ItemList
				label={album.name}
				filters={filters}
				album={album}
				blank={
					<Blank icon={album.smart ? "spark" : "album"} title={t("album.empty")}>
						<p>{album.smart ? t("album.empty.smart") : t("album.empty.text")}</p>
						{!album.smart && (
							<Button icon="grid" onPress={() => navigate({ to: "/" })}>
								{t("notFound.home")}
							</Button>
						)}
					</Blank>
				}
			/>
			{isOpen === "form" && <AlbumForm album={album} onDone={close} onClose={close} />}
			{isOpen === "share" && <ShareDialog target={{ album_id: album.id }} onClose={close} />}
			<Confirm
				title={t("album.delete.title", { name: album.name })}
				isOpen={isOpen === "delete"}
				action={t("action.delete")}
				isPending={removing.isPending}
				onClose={close}
				onConfirm={async () => {
					await removing.mutateAsync(album.id).then(
						() => navigate({ to: "/albums" }),
						() => close(),
					);
				}}
			>
				<p>{t("album.delete.text")}</p>
			</Confirm>
		</>
	);
}

/** Returns the search of a smart album as a sentence; null for any other album. */
function searchOf({ smart }: Album, t: ReturnType<typeof useLanguage>["t"]): string | null {
	if (!smart) return null;
	const { category, tag, favorite } = smart.filters ?? {};
	const parts = [
		smart.query && t("album.smart.has.query", { query: smart.query }),
		category && t("album.smart.has.category", { name: category }),
		tag && t("album.smart.has.tag", { name: [tag].flat().join(", ") }),
		String(favorite) === "true" && t("filter.favorites"),
	].filter(Boolean);
	return t("album.smart.finds", { search: parts.join(" · ") });
}
