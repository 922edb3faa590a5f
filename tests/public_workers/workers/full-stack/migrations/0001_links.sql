create table links (slug text primary key, target text not null);
