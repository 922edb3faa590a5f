create table notes (text text not null);
insert into notes values ('first');
