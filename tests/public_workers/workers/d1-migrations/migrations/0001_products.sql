create table products (id integer primary key, name text not null);
insert into products (name) values ('tea'), ('coffee');
