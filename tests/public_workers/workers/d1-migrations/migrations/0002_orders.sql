create table orders (id integer primary key, product_id integer references products(id), release text);
create index orders_release on orders (release);
