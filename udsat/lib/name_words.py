"""Danish word lists for recognising names of people in a text (see personal_data.py)."""

GIVEN_NAMES = frozenset(
    """
    Aage Abdi Abdul Adam Agnete Ahmad Ahmed Aisha Aksel Albert Alberte Alex Alexander Alfred Ali Alice Allan Alma
    Amalie Amina Amir Anders Andrea Andreas Ane Anette Anita Anja Ann Anna Anne Annelise Annette Annika Anni Anton
    Arne Arthur Asger Asta Astrid August Aya Bahar Bendt Benjamin Benny Bent Bente Benedikte Berit Bettina Birger
    Birgit Birgitte Birte Birthe Bitten Bjarne Bjørn Bo Bodil Brian Britt Britta Bruno Camilla Carina Carl Carla Carlo
    Carsten Cecilie Charlotte Christa Christian Christina Christine Christoffer Claus Clara Conny Daniel Daniella
    David Dennis Ditte Dorte Dorthe Dorrit Ebbe Ea Eigil Einar Ejner Elin Elisabeth Ella Ellen Else Elsebeth Emil
    Emilie Emma Erik Erling Ernst Esben Ester Esther Eva Evald Fatima Fatma Fie Filip Finn Flemming Frank Freddy
    Frederik Frederikke Freja Frida Fritz Georg Gerda Gert Gitte Grete Grethe Gudrun Gunnar Gunhild Gurli Gustav Hamid
    Hamza Hanne Hannah Hans Harald Harry Hasan Hassan Heidi Heinrich Helen Helena Helene Helga Helge Helle Henning
    Henriette Henrik Henry Herdis Herluf Holger Hussein Ib Ibrahim Ida Inga Inge Ingeborg Inger Ingrid Irene Iris
    Isabella Ismail Ivan Jacob Jakob Jan Jane Janne Janni Jannie Jasmin Jean Jens Jeppe Jesper Jette Jim Jimmy Jo Joan
    Joachim Johan Johanne Johannes John Johnny Jonas Jonathan Jonna Jørgen Jørn Josefine Julie Julius Jutta Kaj Kai
    Kamilla Karen Karin Karina Karl Karla Karsten Kasper Katja Katrine Kathrine Keld Kenneth Kent Kenny Kevin Khalid
    Kim Kirsten Kirstine Kjeld Klara Klaus Knud Kristian Kristina Kristine Kristoffer Kurt Lars Lasse Laura Laurits
    Layla Leif Leila Lena Lene Leo Liam Lilian Lillian Lilly Lily Line Linda Lis Lisa Lisbet Lisbeth Lise Liselotte
    Liv Lone Lotte Louise Lucas Ludvig Lukas Lærke Mads Magda Magnus Mai Maja Majken Malene Malik Malou Maren Margit
    Margrethe Maria Mariam Marianne Marie Marina Mark Markus Marlene Martin Mathias Mathilde Merete Meta Mette Mia
    Michael Michelle Mie Mikael Mikkel Minna Mira Mogens Mohamad Mohamed Mohammad Mohammed Mona Monica Monika Morten
    Muhammad Mustafa Nadia Naja Nanna Natasja Nete Nicklas Nicolai Niels Nikolaj Nina Noah Nora Ole Olga Oliver Olivia
    Omar Oscar Oskar Osman Otto Ove Palle Patrick Paul Paula Peder Per Pernille Peter Petra Philip Pia Poul Preben
    Rasmus Rebekka René Rene Ricky Rikke Rita Robert Roland Ronni Ronnie Rosa Rune Ruth Sabrina Said Salma Samir
    Samira Sander Sandra Sanne Sara Sarah Sebastian Selma Signe Sigrid Silas Simon Sine Siri Sofia Sofie Solveig Sonja
    Søren Stefan Steen Steffen Stella Sten Stig Stine Susan Susanne Suzanne Svend Sven Tage Tanja Tania Tatiana Thea
    Theis Theodor Thomas Thor Thorkild Thora Tim Tina Tine Tobias Tom Tommy Tonny Tore Torben Torkild Trine Troels
    Tove Ulla Ulrik Ursula Uffe Valdemar Vagn Vera Verner Vibeke Victor Victoria Viggo Vilhelm Villads Villy William
    Willy Winnie Yasmin Yrsa Yusuf Yvonne Zahra Zainab Åge Åse Aase
    """.split()
)
# Words that begin a sentence or a heading without being a name.
SENTENCE_STARTS = frozenset(
    """
    Af Al Alle Allerede Alt Altid Anden Andet Andre At Bag Blandt Bare Begge Både Da De Del Dem Den Denne Dens Der
    Deres Derefter Derfor Dertil Desuden Det Dette Disse Dog Du Din Dit Dine Efter Eller Ellers Én En Endelig Endnu
    Enhver Er Et Flere Flest For Foran Fordi Fra Få Før Først Første Fremover Gennem God Godt Han Hans Har Heldigvis
    Hele Hendes Her Herefter Hermed Hertil Hun Hvad Hvem Hver Hvert Hvilke Hvilken Hvilket Hvis Hvor Hvordan Hvorfor
    Hvornår I Ifølge Igen Ikke Imellem Ind Inden Indtil Ingen Intet Ja Jeg Jo Kan Kun Lad Lige Man Mange Med Meget
    Mellem Men Mens Mere Mest Min Mindst Mit Mod Må Måske Ned Nej Ni Noget Nogle Nu Ny Nye Nyt Når Næste Næsten Og
    Også Om Omkring Op Os Otte Over På Samme Sammen Samt Se Seks Selv Selvom Senere Sidst Sidste Siden Sin Sit Som
    Sommetider Stor Store Straks Så Sådan Tak Ti Til To Tre Trods Ud Uden Under Vi Via Vil Ved Vore Vores Ordet Spørg
    Ring Kontakt Skriv Besøg Mød Hør Kom Læs Syv Fem Fire Godkendelse Meddelelser Orientering Drøftelse Eventuelt
    Forslag Valg Punkt Bilag Side Tema Mål Møde Referat Dagsorden Borger Borgere Medlem Medlemmer Gæst Gæster Referent
    Ordstyrer Afbud Deltagere Fraværende Tilstede Januar Februar Marts April Maj Juni Juli August September Oktober
    November December Mandag Tirsdag Onsdag Torsdag Fredag Lørdag Søndag Jul Påske Pinse Nytår
    """.split()
)
# Words that make a capitalised phrase the name of an organisation, an office, a venue or a product.
INSTITUTION_WORDS = frozenset(
    """
    Kommune Kommunen Kommuner Kommunes Region Regionen Regioner Danmark Danmarks Dansk Danske Denmark Landsforeningen
    Forening Foreningen Forbundet Forbund Fonden Fond Røde Kors Korshær Blå Barnet Red Kirkens Kirke Frelsens Hær Café
    Caféen Cafe Hus Huset Center Centret Centeret Herberg Herberget Værested Værestedet Udsatteråd Udsatterådet Råd
    Rådet Nævn Udvalg Udvalget Styrelsen Ministeriet Ministerium Folketinget Byråd Byrådet Kommunalbestyrelsen
    Magistraten Forvaltning Forvaltningen Afdelingen Afdeling Team Projekt Projektet Gruppen Institut Universitet
    Højskole Skole Skolen Hospital Sygehus Sygehuset Psykiatri Psykiatrien Fængsel Politi Politiet Jobcenter Ældre
    Sagen Social Sociale Socialt Sundhed Nørre Nørrebro Sønder Øster Øst Vester Vest Nord Syd Store Lille Gamle Gammel
    Sankt Sct Skt Øvre Nedre Ny Nye Centrum København Københavns Aarhus Århus Odense Aalborg Ålborg Esbjerg Vejle
    Kolding Randers Horsens Herning Silkeborg Jylland Fyn Sjælland Lolland Falster Bornholm Hovedstaden Syddanmark
    Midtjylland Nordjylland Europa Europæisk Nordisk Norden Word Excel Teams Microsoft Google Facebook Instagram Zoom
    Den Det De Kristi Himmelfartsdag Grundlovsdag Nytårsdag Konservative Venstre Socialdemokratiet Radikale
    Enhedslisten Folkeparti Liberal Alliance Alternativet Moderaterne Ungdommens Livets Ret Plads Plan Politik
    Strategi Lov Loven Serviceloven Rådhus Rådhuset Bibliotek Biblioteket Gade Vej Torv Allé Park Parken Havn Havnen
    Station Stationen Borgerservice Settlement Settlementet Kofoeds Mødrehjælpen Natteravnene Bydel Kvarter Kvarteret
    Idé Festival Dag Dagen Uge Ugen
    """.split()
)
