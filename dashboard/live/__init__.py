"""What happens while somebody looks: who looks at which Worker (`watching`), and what they are sent
(`feed`), rendered once for all of them (`shown`)."""
